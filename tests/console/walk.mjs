// Walks every part of the console in a browser, as its users would. `npm install && node walk.mjs [--shots FOLDER]`.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { browser as launch, check, definitions, end, isWell, open, place, serve } from "./house.mjs";

const shots = process.argv[2] === "--shots" ? process.argv[3] : null;
if (shots) mkdirSync(shots, { recursive: true });
const TOKEN = "a-token-of-this-test-only-0123456789";
const steps = [];
const step = (name, act) => steps.push([name, act]);

const directory = definitions();
const demo = await serve(["demo", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"], { cwd: directory });
const browser = await launch();
const page = await open(browser);
const go = (path) => page.goto(demo.admin + path);
const call = (data, key = "demo") => fetch(`${demo.api}/demo/create_ticket`, {
  method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ auth: { key }, data }),
});
const text = (selector) => page.locator(selector).innerText();

step("an action is found by typing", async () => {
  await go("/");
  await page.keyboard.press("g");
  await page.keyboard.press("c");
  await page.waitForURL("**/console/catalog");
  await page.keyboard.press("/");
  await page.keyboard.type("ticket");
  await page.waitForURL("**/catalog?q=ticket");
  await page.getByText("1 action in 1 service").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("link", { name: "Create a ticket" }).click();
  await page.getByRole("heading", { level: 1, name: "Create a ticket" }).waitFor();
  check((await text("#inputs")).includes("data.subject"), "the inputs are told");
  check((await text("#call")).includes(`curl -i ${demo.api}/demo/create_ticket`), "a line for the shell");
  check((await page.locator("#tests .mark.good").count()) === 4, "all four tests pass");
});

step("a broken file shows a banner and a caret, a mended one takes them away", async () => {
  await go("/console/files/actions.d/demo/create_ticket.yaml");
  await page.getByText("live", { exact: true }).first().waitFor();
  const path = join(directory, "actions.d/demo/create_ticket.yaml");
  const good = readFileSync(path, "utf8");
  writeFileSync(path, good.replace("priority: \"{{data.priority}}\"", "priority: \"{{data.prioritty}}\""));
  await page.locator("#banner .bad").waitFor();
  check((await text("#banner")).includes("create_ticket.yaml:23:"), "the banner says where");
  await page.locator("#file .note.bad > code").first().waitFor();
  const line = await text(".line.bad code");
  const caret = await page.locator(".note.bad > code").first().evaluate((code) => code.textContent);
  check(line.slice(caret.indexOf("^"), caret.lastIndexOf("^") + 1).includes("prioritty"), `the caret is below the name: ${caret}`);
  check((await text(".problem pre")).includes("^"), "the excerpt is the terminal's");
  await isWell(page, "a broken file");
  if (shots) await page.screenshot({ path: join(shots, "broken-desktop.png") });
  await call({ subject: "still served" });
  await go("/console/catalog?state=last_good");
  await page.getByText("What they said before is served on").waitFor();
  writeFileSync(path, good);
  await page.getByText("Recovered: everything is served as its files say.").waitFor();
  await page.locator("#banner .bad").waitFor({ state: "detached" });
  await go("/console/catalog");
  check((await text("#history")).includes("with errors"), "the history knows of it");
});

step("a dry run sends nothing and shows every request", async () => {
  const before = await (await fetch(`${demo.admin}/api/calls`)).json();
  await go("/console/actions/demo/upsert_contact");
  await page.selectOption("#example", { index: 1 });
  await page.waitForURL("**example=**");
  await page.waitForFunction(() => document.getElementById("data.email")?.value);
  await page.getByRole("button", { name: "Dry run" }).click();
  await page.getByRole("heading", { name: "Dry run" }).waitFor();
  const result = await text("#result");
  check(result.includes("GET") && result.includes("POST") && result.includes("vars.contact_id"), result);
  check(!result.includes("Bearer demo") && !/key: demo/.test(result), "the key is masked");
  const after = await (await fetch(`${demo.admin}/api/calls`)).json();
  check(before.calls.length === after.calls.length, "no call is noted");
});

step("sending shows a waterfall, the reply, and a test to keep", async () => {
  await page.getByRole("button", { name: "Send for real" }).click();
  await page.getByRole("heading", { name: "Sent" }).waitFor();
  check((await page.locator("#result .waterfall tbody tr").count()) >= 4, "steps and requests");
  check((await text("#result")).includes("contact_external_id"), "the reply");
  await page.getByText("Save as test").click();
  const test = await text("#save pre");
  check(test.startsWith("tests:") && test.includes("tried in the console"), test);
  await isWell(page, "a result");
  if (shots) await page.screenshot({ path: join(shots, "sent-desktop.png"), fullPage: true });
  await page.locator("#result a", { hasText: "call " }).click();
  await page.getByRole("heading", { name: /^Call \d+/ }).waitFor();
  check((await text(".waterfall")).includes("200"), "its own page has the waterfall");
});

step("what a form lacks is told where it is filled in", async () => {
  await go("/console/actions/demo/create_ticket");
  await page.fill("[id='data.subject']", "");
  await page.getByRole("button", { name: "Dry run" }).click();
  await page.locator("#result").getByText("is missing").waitFor();
  await page.getByText("Send a whole body instead").click();
  await page.fill("#whole", "{ \"auth\": ");
  await page.getByRole("button", { name: "Dry run" }).click();
  await page.locator("#result .error").waitFor();
});

step("calls arrive by themselves and are filtered", async () => {
  await go("/console/calls");
  await page.locator("#live-state.on").waitFor();
  const newest = Number(await page.locator("[data-row]").first().innerText());
  await call({ subject: "one more" });
  await page.locator("[data-row]", { hasText: String(newest + 1) }).waitFor();
  for (let at = 0; at < 3; at += 1) await call({ subject: "x" }, "not the key");
  await call({});
  await page.selectOption("#outcome", "failed");
  await page.waitForURL("**outcome=failed**");
  await page.waitForFunction(() => !document.querySelector("#found .mark.good") && document.querySelectorAll("#found tbody tr").length >= 4);
  await page.selectOption("#group", "cause");
  await page.waitForURL("**group=cause**");
  const groups = page.locator("#found tbody tr");
  await page.waitForFunction(() => document.querySelectorAll("#found tbody tr").length === 2);
  check((await groups.first().innerText()).startsWith("3"), "three have one cause");
  await page.selectOption("#group", "");
  await page.selectOption("#outcome", "");
  await page.fill("#text", "one more no call says");
  await page.getByText("No call fits.").waitFor();
  check(!(await page.content()).includes("not the key"), "no secret on the page");
});

step("a filter stays when a page that was asked for before it comes late", async () => {
  await go("/console/calls");
  await page.locator("#live-state.on").waitFor();
  let answered;
  const late = new Promise((resolve) => { answered = resolve; });
  await page.route("**/console/calls", async (route) => {
    await page.waitForURL("**text=**");
    await route.continue();
    await (await route.request().response()).finished();
    answered();
  });
  await Promise.all([page.waitForRequest("**/console/calls"), call({ subject: "one more" })]);
  await page.fill("#text", "one more no call says");
  await late;
  // What came too late is not shown: the page asks again, now with the filter.
  await page.waitForRequest("**text=**");
  await page.unroute("**/console/calls");
  await page.getByText("No call fits.").waitFor();
  check((await page.locator("#found tbody tr").count()) === 0, "the filter stays");
});

step("the playground is used by keyboard alone", async () => {
  await page.keyboard.press("Escape");
  await go("/console/");
  await page.keyboard.press("g");
  await page.keyboard.press("p");
  await page.waitForURL("**/playground");
  await page.keyboard.press("/");
  await page.keyboard.press("Control+A");
  await page.keyboard.type("{{uper data.name}}");
  await page.locator("#template-result").getByText("unknown-helper").waitFor();
  check((await text("#template-result")).includes("upper"), "the near match");
  for (let at = 0; at < 4; at += 1) await page.keyboard.press("Backspace");
  await page.keyboard.press("Control+A");
  await page.keyboard.type("{{upper data.name}}");
  await page.locator("#template-result").getByText("ADA").first().waitFor();
  while ((await page.evaluate(() => document.activeElement.id)) !== "path") await page.keyboard.press("Tab");
  await page.keyboard.press("Control+A");
  await page.keyboard.type("$.tickets[0].idd");
  await page.locator("#path-result").getByText("nothing", { exact: true }).waitFor();
  await page.keyboard.press("Backspace");
  await page.locator("#path-result").getByText("12345678901234567890").waitFor();
  await isWell(page, "the playground in use");
});

step("every page is well: light, dark, wide, narrow", async () => {
  const number = await page.evaluate(async () => (await (await fetch("/api/calls")).json()).calls.at(-1).number);
  const pages = {
    overview: "/console/", catalog: "/console/catalog", action: "/console/actions/demo/create_ticket",
    file: "/console/files/actions.d/demo/service.yaml", calls: "/console/calls", causes: "/console/calls?group=cause",
    call: `/console/calls/${number}`, playground: "/console/playground", missing: "/console/nothing",
  };
  for (const colorScheme of ["light", "dark"]) {
    for (const [size, viewport] of Object.entries({ desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } })) {
      const other = await open(browser, { colorScheme, viewport });
      for (const [name, path] of Object.entries(pages)) {
        const answer = await other.goto(demo.admin + path);
        if (answer.status() === 404) other.wrong = [];
        await other.locator("#live-state.on").waitFor();
        await isWell(other, `${name}, ${colorScheme}, ${size}`);
        if (shots && name !== "missing") await other.screenshot({ path: join(shots, `${name}-${size}${colorScheme === "dark" ? "-dark" : ""}.png`) });
      }
      await other.context().close();
    }
  }
  await page.keyboard.press("Escape");
  await go("/console/");
  await page.keyboard.press("?");
  await page.locator("dialog[open]").waitFor();
  await isWell(page, "the keys");
  await page.keyboard.press("Escape");
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const before = await ground();
  await page.keyboard.press("t");
  check((await ground()) !== before, "light becomes dark");
  await page.reload();
  check((await ground()) !== before, "and stays");
});

step("without script everything is there as well", async () => {
  const plain = await open(browser, { javaScriptEnabled: false });
  await plain.goto(`${demo.admin}/console/catalog`);
  await plain.fill("#q", "order");
  await plain.getByRole("button", { name: "Search" }).click();
  await plain.getByRole("link", { name: "Order parts" }).click();
  await plain.getByRole("button", { name: "Dry run" }).click();
  check((await plain.locator("#result").innerText()).includes("would get"), "the dry run");
  await plain.context().close();
});

step("with a token one signs in and out", async () => {
  const token = join(place(), "token");
  writeFileSync(token, TOKEN);
  const guarded = await serve(["serve", "--actions", join(directory, "actions.d"), "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--admin-token", `file:${token}`]);
  const visitor = await open(browser);
  await visitor.goto(`${guarded.admin}/console/calls`);
  await visitor.waitForURL("**/sign-in");
  await isWell(visitor, "signing in");
  if (shots) await visitor.screenshot({ path: join(shots, "sign-in-desktop.png") });
  await visitor.keyboard.type("not the token at all");
  await visitor.keyboard.press("Enter");
  await visitor.getByText("That is not the admin token.").waitFor();
  visitor.wrong = [];
  await isWell(visitor, "a wrong token");
  await visitor.fill("#token", TOKEN);
  await visitor.keyboard.press("Enter");
  await visitor.getByRole("heading", { name: "Overview" }).waitFor();
  await visitor.locator("#live-state.on").waitFor();
  await visitor.goto(`${guarded.admin}/console/catalog`);
  await visitor.getByRole("button", { name: "Read all files now" }).click();
  await visitor.getByRole("heading", { name: "Catalog" }).waitFor();
  await visitor.getByRole("button", { name: "Sign out" }).click();
  await visitor.waitForURL("**/sign-in");
  await visitor.context().close();
});

let failed = 0;
for (const [name, act] of steps) {
  const began = Date.now();
  try {
    await act();
    if (page.wrong.length) throw new Error(page.wrong.splice(0).join("\n"));
    console.log(`ok      ${name} (${Date.now() - began} ms)`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}\n${error.stack}`);
    if (shots) await page.screenshot({ path: join(shots, `failed-${failed}.png`) });
  }
}
await browser.close();
end();
console.log(`${steps.length - failed} of ${steps.length} passed`);
process.exit(failed ? 1 : 0);
