// What a first visit loads, as the browser sees it, brotli-compressed as good hosts send it.
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { isHeld } from "../module.js";
import { PAGES, alive, awake, expect, test } from "./site.js";

// What a lesson loads by itself.
const BYTES_MAX = 140_000;
// With what it loads when its reader comes to it: a ratchet. It went up by 60 kB when the verdict under a figure came to
// name consistency models and operations were drawn there: the checkers are loaded then. By another 3 kB for the lattice
// of models; by 24 kB when carts came to the pages: the heaviest lesson has a figure that plays the bank too, and
// protocols that are parts of their own weigh more than in one piece; and by 6 kB when what a check spends its time on was
// compiled for speed too. By another 5 kB when a judge came to rest between frames: searches that can be put aside weigh
// more. By 13 kB when causal consistency and PRAM came to be judged by orders, exactly, and contradictions to be shrunk
// however long a history is. By half a kB when histories came to name sessions and reads how they want to be answered. By
// 3 kB when contradictions of sequential consistency came to be shrunk however long a history is, too. By 3 kB when Raft
// came to the pages: what is said of the settings, rules and promises of all protocols is loaded with the rest. By 2 kB
// when sums came to explain what an account was told, and contradictions to say what was not decided about them. By 1 kB
// when the scenarios of all protocols came to be loaded with the rest: a first visit is 2 kB lighter by it. By another when
// sentences did, and it came to be asked of the lesson that loads most in all. By 2.5 kB when chance could be chosen for election timers, and a guess came to set
// its figure as it supposes. By 2 kB for watches, wider sums, what models foresee, and more that can be found wrong.
// By 1 kB when Paxos came: its settings, rules, promises, sentences and scenarios; by 15 kB when Multi-Paxos and two-phase
// commit did, comparisons came to count, and a lesson to play two protocols side by side: the second is 17 kB of it. By
// 4.5 kB for Zab's settings, rules, sentences and scenarios, for actions on whoever leads, and because what follows another
// run is loaded with this and not with the page. By 3.5 kB for Spanner: timestamps in Multi-Paxos, and their scenarios.
// By 2.5 kB for a lock service: its settings, rules, sentences and scenarios, and the hold that it has on Multi-Paxos.
// By 2 kB for leases, sessions and clocks on the stage, and for what styles.css gave up to what is loaded later.
// By 7 kB for checks that decide more: counters and accounts set by set, sets and queues whose states share what they can.
const BYTES_ALL_MAX = 365_500;
// What the page for histories of other systems loads, the worker included: a ratchet too. It shares its drawing with
// the figures now, and went up by 14 kB for what only they need of it, and by 4 kB for searches
// that can be put aside, by 13 kB for the same checkers, and by half a kB for the same as there. By 6.5 kB
// when what values say came to decide sequential consistency, and rows to be gathered; by 2.7 kB when JSON lines came to
// say what answers rest on; by 5 kB for the same as there; by 3 kB for all scenarios, which the part holds that replays
// links and measures browsers; by 3.5 kB for the same as there; by 1.5 kB for the scenarios of two more protocols; by 1 kB
// for those of Zab; by another for those of Spanner; by half a kB for those of a lock service; by another
// for what says how long a lease lasts. Less by 24 kB since histories are read without a tree of each file.
const BYTES_CHECK_MAX = 297_000;
const TABLE = join(dirname(fileURLToPath(import.meta.url)), "..", "test-results", "weight.txt");

// The module is the same on every page, and brotli takes its time over it: each file is compressed once.
const known = new Map();
function compressed(url, body) {
  if (!known.has(url)) known.set(url, brotliCompressSync(body).length);
  return known.get(url);
}

// These have what is loaded later at hand or near from the start, or a part of the module to themselves.
const WHOLE = ["bench/", "check/", "compare/", "embed/"];

// One after the other: both write into one table.
test.describe.configure({ mode: "serial" });

test("a first visit to any lesson is light", async ({ browser, baseURL }) => {
  test.setTimeout(180_000);
  let heaviest = { first: -1 };
  let most = 0;
  for (const path of PAGES.filter((path) => !WHOLE.includes(path))) {
    // A context of its own: nothing is cached.
    const context = await browser.newContext();
    const page = await context.newPage();
    const loaded = new Map();
    page.on("response", (response) => loaded.set(response.url(), response));
    await page.goto(baseURL + path);
    await awake(page);
    await page.waitForLoadState("networkidle");
    const first = await weights(loaded, path);
    await alive(page);
    const all = await weights(loaded, path);
    await context.close();
    most = Math.max(most, sum(all));
    if (sum(first) > heaviest.first) heaviest = { first: sum(first), all: sum(all), rows: all, byItself: first.length };
  }
  const { first, all, rows, byItself } = heaviest;
  const byWeight = (some) => some.sort(([a], [b]) => b - a);
  const lines = [
    ...byWeight(rows.slice(0, byItself)),
    [first, `by itself; at most ${BYTES_MAX}`],
    ...byWeight(rows.slice(byItself)),
    [all, "with what it loads when its reader comes to it"],
    [most, `that, of the lesson that loads most; at most ${BYTES_ALL_MAX} today`],
  ];
  mkdirSync(dirname(TABLE), { recursive: true });
  writeFileSync(TABLE, `      bytes of a first visit to the heaviest lesson, brotli\n${lines.map(line).join("")}`);
  expect(rows.length, "something is loaded later").toBeGreaterThan(byItself);
  if (isHeld) {
    expect(first).toBeLessThanOrEqual(BYTES_MAX);
    expect(most).toBeLessThanOrEqual(BYTES_ALL_MAX);
  }
});

test("the page for histories of other systems loads nothing that lessons load, and weighs no more than today", async ({ browser, baseURL }) => {
  test.setTimeout(180_000);
  const context = await browser.newContext();
  const page = await context.newPage();
  const urls = new Set();
  // What the worker asks for comes to the context alone, and its answers are not at hand any more.
  context.on("request", (request) => urls.add(request.url().split("#")[0]));
  await page.goto(`${baseURL}check/#example=stale-read`);
  await expect(page.locator(".la button:enabled")).toHaveCount(8);
  const loaded = new Map();
  for (const url of urls) loaded.set(url, await page.request.get(url));
  const rows = await weights(loaded, "check/");
  await context.close();
  const all = sum(rows);
  appendFileSync(TABLE, `${line([all, `/check/ with an example; at most ${BYTES_CHECK_MAX} today`])}`);
  expect(rows.filter(([, name]) => /_later\.(wasm|css)$/.test(name))).toEqual([]);
  expect(rows.some(([, name]) => name.includes("_solo"))).toBe(true);
  if (isHeld) expect(all).toBeLessThanOrEqual(BYTES_CHECK_MAX);
});

// Of each file its weight and its name, in the order of loading.
async function weights(loaded, path) {
  const rows = [];
  for (const [url, response] of loaded) {
    const { pathname } = new URL(url);
    const name = pathname.endsWith("/") ? `/${path}` : basename(pathname);
    rows.push([compressed(url, await response.body()), name]);
  }
  return rows;
}

function line([bytes, name]) {
  return `      ${String(bytes).padStart(8)}  ${name}\n`;
}

function sum(rows) {
  return rows.reduce((total, [bytes]) => total + bytes, 0);
}
