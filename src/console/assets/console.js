// Keeps pages fresh: parts of them are replaced by those of the same page asked for again. Everything works without it.
"use strict";

const remembered = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
if (remembered()) document.documentElement.dataset.theme = remembered();
document.documentElement.classList.add("js");

const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const byId = (id) => document.getElementById(id);

/** The address of what is shown. */
const here = () => location.pathname + location.search;

/** The page at an address as it is now; goes there when it is another one, as that for signing in. */
async function ask(address, options = {}) {
  const answer = await fetch(address, { credentials: "same-origin", ...options });
  if (answer.redirected) location.assign(answer.url);
  const text = await answer.text();
  if (!answer.headers.get("content-type")?.startsWith("text/html")) throw new Error(text);
  return new DOMParser().parseFromString(text, "text/html");
}

/** Puts the content of a part in place of the older one; keeps focus and scrolling, and leaves alone what one is typing in. */
function replace(old, fresh) {
  if (!fresh || old.innerHTML === fresh.innerHTML) return;
  const focused = document.activeElement;
  const within = focused && focused !== old && old.contains(focused);
  if (within && focused.matches("input, textarea, select")) return;
  const selection = getSelection();
  if (selection && !selection.isCollapsed && old.contains(selection.anchorNode)) return;
  const scrolled = all(".scroll, pre, .source", old).map((box) => [box.scrollLeft, box.scrollTop]);
  const opened = all("details", old).map((details) => details.open);
  const address = within && focused.getAttribute("href");
  old.innerHTML = fresh.innerHTML;
  all(".scroll, pre, .source", old).forEach((box, at) => { if (scrolled[at]) [box.scrollLeft, box.scrollTop] = scrolled[at]; });
  if (opened.length === all("details", old).length) all("details", old).forEach((details, at) => { details.open = opened[at]; });
  if (address) all("a", old).find((link) => link.getAttribute("href") === address)?.focus({ preventScroll: true });
}

function say(text) {
  const toast = byId("toast");
  toast.textContent = text;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => { toast.textContent = ""; }, 6000);
}

/* What is live */

const stale = new Set();
let asking = false;

function show(parts, fresh) {
  const was = byId("banner")?.textContent;
  parts.forEach((part) => replace(part, fresh.getElementById(part.id)));
  const is = byId("banner")?.textContent;
  if (was && !is) say("Recovered: everything is served as its files say.");
}

async function refresh() {
  if (asking || document.hidden || stale.size === 0) return;
  const kinds = [...stale];
  stale.clear();
  const parts = all("[data-live]").filter((part) => kinds.some((kind) => part.dataset.live.split(" ").includes(kind)));
  if (parts.length === 0) return;
  asking = true;
  const address = here();
  try {
    const fresh = await ask(address);
    // What is shown may be that of another filter by now.
    if (address === here()) show(parts, fresh);
    else kinds.forEach((kind) => stale.add(kind));
  } catch { /* The connection is told of elsewhere. */ }
  // One look a second is enough for eyes.
  setTimeout(() => { asking = false; pend(); refresh(); }, 1000);
}

/** What was not ready when the page was made is asked for again. */
function pend() {
  if (document.querySelector("[data-pending]")) stale.add("catalog");
}

function follow() {
  const state = byId("live-state");
  if (!state) return;
  const events = new EventSource("/console/events");
  const tell = (kind) => () => { stale.add(kind); refresh(); };
  events.addEventListener("calls", tell("calls"));
  events.addEventListener("catalog", tell("catalog"));
  let lost = false;
  events.onopen = () => {
    state.textContent = "live";
    state.className = "on";
    if (lost) { tell("calls")(); tell("catalog")(); }
    lost = false;
  };
  events.onerror = () => { lost = true; state.textContent = "connecting …"; state.className = "off"; };
  addEventListener("pagehide", () => events.close());
  document.addEventListener("visibilitychange", refresh);
}

/* Forms */

const later = (wait, act) => { let timer; return (...given) => { clearTimeout(timer); timer = setTimeout(() => act(...given), wait); }; };

function found(fresh) {
  all("[data-found]").forEach((part) => { const now = fresh.getElementById(part.id); if (now) part.innerHTML = now.innerHTML; });
}

/** Only the answer to the last question counts. */
const latest = (act) => { let last = 0; return async (...given) => { const mine = ++last; const fresh = await act(...given).catch(() => null); return mine === last ? fresh : null; }; };

function auto(form) {
  const kind = form.dataset.auto;
  const question = latest((address, options) => ask(address, options));
  const go = async () => {
    const pairs = new URLSearchParams(new FormData(form));
    if (kind === "post") {
      const fresh = await question(form.action, { method: "POST", body: pairs });
      if (fresh) found(fresh);
      return;
    }
    for (const [name, value] of [...pairs]) if (!value) pairs.delete(name);
    const address = location.pathname + (pairs.size ? "?" + pairs : "");
    const fresh = await question(address);
    if (!fresh) return;
    history.replaceState(null, "", address);
    if (kind === "page") {
      byId("fields").innerHTML = fresh.getElementById("fields").innerHTML;
      if (byId("answers")) byId("answers").value = fresh.getElementById("answers").value;
    } else found(fresh);
  };
  form.addEventListener("input", later(150, go));
  form.addEventListener("submit", (event) => { event.preventDefault(); go(); });
}

function into(form) {
  const part = byId(form.dataset.into);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    // Before the buttons are disabled: a disabled one is not sent.
    const body = new URLSearchParams(new FormData(form, event.submitter));
    const buttons = all("button", form);
    buttons.forEach((button) => { button.disabled = true; });
    part.setAttribute("aria-busy", "true");
    try {
      const fresh = await ask(form.action, { method: "POST", body });
      part.innerHTML = fresh.getElementById(part.id)?.innerHTML ?? "";
    } catch (error) {
      part.textContent = "There is no answer: " + error.message;
    }
    part.removeAttribute("aria-busy");
    buttons.forEach((button) => { button.disabled = false; });
    part.focus({ preventScroll: true });
    part.scrollIntoView({ block: "nearest" });
  });
}

async function copy(button) {
  const text = button.parentElement.querySelector("pre").textContent;
  try {
    await navigator.clipboard.writeText(text);
    say("Copied.");
  } catch {
    getSelection().selectAllChildren(button.parentElement.querySelector("pre"));
    say("Selected: copy it with the keys of your system.");
  }
}

/** Times that are told from now on grow old where nothing else happens. */
function age() {
  for (const time of all("time[datetime]")) {
    const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(time.dateTime)) / 1000));
    const [step, unit] = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]].find(([step]) => seconds >= step) ?? [1, ""];
    const text = unit ? `${Math.floor(seconds / step)} ${unit} ago` : "just now";
    if (time.textContent !== text) time.textContent = text;
  }
}

/* Keys */

function theme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  try { localStorage.setItem("theme", root.dataset.theme); } catch { /* Not kept then. */ }
}

function step(by) {
  const rows = all("main tbody th a, main [data-row]");
  if (rows.length === 0) return;
  const at = rows.indexOf(document.activeElement);
  rows[Math.min(rows.length - 1, Math.max(0, at + by))].focus();
}

let leader = 0;

function key(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.("input, textarea, select")) return;
  const part = Date.now() - leader < 1500 && all("nav a[data-key]").find((link) => link.dataset.key === event.key);
  leader = event.key === "g" ? Date.now() : 0;
  const acts = {
    "/": () => document.querySelector("[data-search]")?.focus(),
    "?": () => byId("keys").showModal(),
    j: () => step(1), k: () => step(-1), t: theme,
  };
  if (part) { event.preventDefault(); location.assign(part.href); return; }
  if (acts[event.key]) { event.preventDefault(); acts[event.key](); }
}

addEventListener("DOMContentLoaded", () => {
  all("form[data-auto]").forEach(auto);
  all("form[data-into]").forEach(into);
  byId("theme")?.addEventListener("click", theme);
  byId("keys-open")?.addEventListener("click", () => byId("keys").showModal());
  document.addEventListener("click", (event) => { const button = event.target.closest("[data-copy]"); if (button) copy(button); });
  document.addEventListener("keydown", key);
  setInterval(age, 5000);
  setTimeout(() => { pend(); refresh(); }, 500);
  follow();
});
