// Prints what the page costs in this browser: the first click, drawing, and the engine's own figures.
// `cargo xtask measure` builds the release and runs it; `node measure.js PART` measures one of them.
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { loadavg } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "@playwright/test";
import { netsplit } from "./native.js";

const HERE = dirname(fileURLToPath(import.meta.url));
const LESSON = "lessons/two-servers-one-balance/";
const COLD_STARTS = 5;
const PLAY_MS = 10_000;
// How often the messages on their way are counted meanwhile.
const LOOKS = 10;
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];

const PARTS = {
  "first-click": async (browser, site) => {
    const times = [];
    for (let start = 0; start < COLD_STARTS; start++) times.push(await firstClick(browser, site + LESSON));
    const sorted = times.sort((a, b) => a - b).map(Math.round);
    row("first click answered, ms after a cold navigation", sorted[COLD_STARTS >> 1], "at most 750");
    row("  the quickest and the slowest of five", `${sorted[0]}, ${sorted.at(-1)}`);
  },
  drawing: async (browser, site) => {
    await drawing(browser, site, "load", "five nodes, a request a second at 1/10 speed", true);
    await drawing(browser, site, "flood", "two hundred messages on their way", false);
  },
  engine: async (browser, site) => {
    const page = await open(browser, `${site}bench/`);
    await page.getByRole("button", { name: "Measure this browser" }).click();
    await page.getByText("Measured.").waitFor({ timeout: 120_000 });
    for (const line of await page.locator("tr").all()) {
      const [name, value] = await line.locator("th, td").allTextContents();
      row(`engine: ${name}`, value);
    }
    await page.context().close();
  },
};

const wanted = process.argv.slice(2);
const unknown = wanted.find((part) => !PARTS[part]);
if (unknown) {
  console.error(`expected one of ${Object.keys(PARTS).join(", ")}, found ${unknown}`);
  process.exit(2);
}
const port = await freePort();
const server = spawn(process.execPath, [join(HERE, "server.js"), port, "/"], { stdio: "inherit" });
const browser = await chromium.launch({ executablePath: process.env.NETSPLIT_CHROME, args: FLAGS });
try {
  for (const [name, measure] of Object.entries(PARTS)) {
    if (wanted.length && !wanted.includes(name)) continue;
    await measure(browser, `http://127.0.0.1:${port}/`);
  }
  row("the machine's load over this minute", loadavg()[0].toFixed(1));
} finally {
  await browser.close();
  server.kill();
}

// Milliseconds from the start of a navigation with nothing cached until a widget has answered a click: its button is
// clicked as soon as it lives, and the answer is what has changed on the page.
async function firstClick(browser, url) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.addInitScript(() => {
    const look = () => {
      const step = document.querySelector('[data-widget="sim"][data-alive] button[aria-label="Step"]');
      const words = () => document.querySelector('[data-widget="sim"] .time')?.textContent;
      if (!step) return requestAnimationFrame(look);
      const before = words();
      step.click();
      const answered = () => {
        if (words() === before) return requestAnimationFrame(answered);
        window.answeredAt = performance.now();
      };
      answered();
    };
    requestAnimationFrame(look);
  });
  await page.goto(url);
  await page.waitForFunction(() => window.answeredAt, undefined, { timeout: 20_000 });
  const time = await page.evaluate(() => window.answeredAt);
  await context.close();
  return time;
}

// What ten seconds of play cost, by the browser's own counters.
async function drawing(browser, site, run, words, full) {
  const link = netsplit("replay", "--as-link", join(HERE, "runs", `${run}.toml`)).trim();
  const page = await open(browser, `${site}playground/#${link}`);
  await page.getByRole("button", { name: "1/10×", exact: true }).click();
  await page.getByRole("button", { name: "Play", exact: true }).click();
  await page.waitForTimeout(1_000);
  const devtools = await page.context().newCDPSession(page);
  // CPU time of the page's thread: what else the machine does meanwhile is not counted.
  await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
  // The frames of the very span that the counters are about.
  const counters = async () => {
    const { metrics } = await devtools.send("Performance.getMetrics");
    const [frames, now] = await page.evaluate(() => [window.framesDrawn, performance.now()]);
    return { ...Object.fromEntries(metrics.map(({ name, value }) => [name, value])), frames, now };
  };
  const before = await counters();
  const looks = [];
  for (let look = 0; look < LOOKS; look++) {
    await page.waitForTimeout(PLAY_MS / LOOKS);
    looks.push(await page.evaluate(() => document.querySelectorAll(".letter").length));
  }
  const after = await counters();
  if (!(await page.getByRole("button", { name: "Pause", exact: true }).isVisible())) throw new Error(`${run} stopped playing`);
  await page.context().close();
  const [count, spent] = [after.frames - before.frames, after.now - before.now];
  const letters = looks.reduce((sum, one) => sum + one, 0) / looks.length;
  const each = (name) => (after[name] - before[name]) / count;
  row(`drawing, ${words}: frames a second`, (count / spent * 1e3).toFixed(1), "60");
  row("  script, CPU ms a frame", (each("ScriptDuration") * 1e3).toFixed(2), full && "at most 1.7");
  row("  whole task, CPU ms a frame", (each("TaskDuration") * 1e3).toFixed(2), full && "at most 3.3");
  row("  layouts a frame", each("LayoutCount").toFixed(2), full && "at most 1");
  row("  messages on their way, on average", letters.toFixed(0));
}

// A page in a context of its own, once its widgets live.
async function open(browser, url) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript(() => {
    window.framesDrawn = 0;
    const frame = () => {
      window.framesDrawn++;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  await page.goto(url);
  // With what a page loads later.
  await page.keyboard.press("Shift");
  await page.locator("[data-widget]:not([data-alive]), .views [role=tab][disabled]").first().waitFor({ state: "detached" });
  return page;
}

function row(what, figure, budget) {
  console.log(`${what.padEnd(72)} ${String(figure).padStart(12)}${budget ? `   (${budget})` : ""}`);
}

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(String(port)));
    });
  });
}
