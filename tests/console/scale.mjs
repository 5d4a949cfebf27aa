// A thousand actions and fifty thousand calls: every page is there, and can be used, within 200 ms.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { browser as launch, check, end, open, place, root, serve } from "./house.mjs";

const ACTIONS = 1000;
const CALLS = 50000;
const MOST = 200;
const ROUNDS = 5;

const directory = place();
const settings = join(directory, "settings.yaml");
writeFileSync(settings, `listen: 127.0.0.1:0\nadmin: 127.0.0.1:0\nlimits:\n  recent_calls: ${CALLS}\nlog:\n  filter: "info,action_executor::server=warn"\n`);
const action = readFileSync(join(root, "actions.d/demo/create_ticket.yaml"), "utf8");
for (let service = 0; service < 50; service += 1) {
  const folder = join(directory, "actions.d", `desk${service}`);
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(root, "actions.d/demo/service.yaml"), join(folder, "service.yaml"));
  for (let at = 0; at < ACTIONS / 50; at += 1) writeFileSync(join(folder, `action${at}.yaml`), action);
}

const house = await serve(["serve", "--settings", settings, "--actions", join(directory, "actions.d")]);
const agent = new Agent({ keepAlive: true, maxSockets: 32 });
const call = (at) => new Promise((resolve, reject) => {
  const body = at % 20 ? "{\"auth\":{\"key\":\"demo\"},\"data\":{\"priority\":\"none\"}}" : "{";
  const path = `/desk${at % 50}/action${at % 20}`;
  const sent = request(house.api + path, { method: "POST", agent, headers: { "Content-Type": "application/json", "Content-Length": body.length } }, (answer) => { answer.resume(); answer.on("end", resolve); });
  sent.on("error", reject);
  sent.end(body);
});
let next = 0;
const worker = async () => { while (next < CALLS + 100) { next += 1; await call(next); } };
await Promise.all(Array.from({ length: 32 }, worker));
agent.destroy();
const newest = (await (await fetch(`${house.admin}/api/calls?limit=1`)).json()).calls[0].number;
check(newest >= CALLS, `${newest} calls`);

const browser = await launch();
const page = await open(browser);
const pages = ["/console/", "/console/catalog", "/console/catalog?q=desk7", "/console/actions/desk1/action1", "/console/files/" + join(directory, "actions.d/desk1/action1.yaml"), "/console/calls", "/console/calls?text=nothing+has+this", "/console/calls?group=cause", `/console/calls/${newest - 40000}`, "/console/playground"];
let slow = 0;
await page.goto(house.admin + "/console/playground");
for (const path of pages) {
  const times = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await page.goto(house.admin + path);
    // From the click to the end of what the script does at first: from then on every key and button is heard.
    times.push(await page.evaluate(() => Math.round(performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd)));
  }
  times.sort((a, b) => a - b);
  const median = times[Math.floor(ROUNDS / 2)];
  slow += median > MOST ? 1 : 0;
  console.log(`${median > MOST ? "SLOW" : "ok  "} ${String(median).padStart(5)} ms, at most ${String(times.at(-1)).padStart(5)} ms  ${path.replace(directory, "")}`);
}
check(page.wrong.length === 0, page.wrong.join("\n"));
await browser.close();
end();
process.exit(slow ? 1 : 0);
