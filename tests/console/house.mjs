// What the walk needs: servers of the program under test, a browser, and what may be said of a page.
import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

export const root = fileURLToPath(new URL("../..", import.meta.url));
const program = process.env.PROGRAM ?? join(root, "target/debug/action-executor");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const begun = [];
const places = [];

/** An empty directory that is gone afterwards. */
export function place() {
  const path = mkdtempSync(join(tmpdir(), "console-"));
  places.push(path);
  return path;
}

/** Starts the program and waits until it says where it serves. */
export async function serve(args, { cwd = root, env = {} } = {}) {
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  begun.push(child);
  let log = "";
  const [api, admin] = await new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`not up within 30 s:\n${log}`)), 30000);
    const read = (bytes) => {
      log += bytes;
      const line = log.replace(/\u001b\[[0-9;]*m/g, "").match(/serving.*listen=(\S+).*admin=(\S+)/);
      if (line) { clearTimeout(late); resolve([`http://${line[1]}`, `http://${line[2]}`]); }
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.on("exit", (code) => reject(new Error(`ended with ${code}:\n${log}`)));
  });
  return { api, admin };
}

/** The demo's definitions, to be broken. */
export function definitions() {
  const directory = place();
  cpSync(join(root, "actions.d/demo"), join(directory, "actions.d/demo"), { recursive: true });
  return directory;
}

export async function browser() {
  const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args });
}

/** A page whose errors end the walk, and that asks nobody but us. */
export async function open(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(10000);
  const page = await context.newPage();
  page.wrong = [];
  page.on("console", (message) => { if (message.type() === "error") page.wrong.push(message.text()); });
  page.on("pageerror", (error) => page.wrong.push(error.message));
  page.on("request", (request) => { if (!/^(http:\/\/127\.0\.0\.1:|data:)/.test(request.url())) page.wrong.push(`asks ${request.url()}`); });
  return page;
}

/** Nothing that axe finds, nothing wider than the screen, no error. */
export async function isWell(page, what) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  const violations = found.violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.html.slice(0, 150)).slice(0, 3).join(" | ")}`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (wide > 0) violations.push(`${wide} pixels wider than the screen`);
  violations.push(...page.wrong);
  if (violations.length) throw new Error(`${what}:\n  ${violations.join("\n  ")}`);
}

export function end() {
  for (const child of begun) { child.removeAllListeners("exit"); child.kill("SIGKILL"); }
  for (const path of places) rmSync(path, { recursive: true, force: true });
}

export function check(condition, what) {
  if (!condition) throw new Error(what);
}
