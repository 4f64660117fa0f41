// What every spec shares: the pages of the built site, and a page on which nothing may go wrong
// unnoticed.
import { readdirSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { AxeBuilder } from "@axe-core/playwright";
import { expect, test as base } from "@playwright/test";

const DIST = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "dist");

// Every page's folder as seen from the site's root: "", "lessons/", …
export const PAGES = readdirSync(DIST, { recursive: true })
  .filter((file) => file.split(sep).at(-1) === "index.html")
  .map((file) => file.split(sep).slice(0, -1).map((folder) => `${folder}/`).join(""))
  .sort();

// A spec that expects some trouble names it: `test.use({ expected: /failed: .*wasm/ })`.
export const test = base.extend({
  expected: [undefined, { option: true }],
  page: async ({ page, baseURL, expected }, use) => {
    const trouble = [];
    const origin = new URL(baseURL).origin;
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) trouble.push(message.text());
    });
    page.on("pageerror", (error) => trouble.push(String(error)));
    // Whoever leaves a page calls off what it was still loading: that is no failure of the page.
    page.on("requestfailed", (request) => {
      const why = request.failure()?.errorText;
      if (why !== "net::ERR_ABORTED") trouble.push(`failed: ${request.url()}`);
    });
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (url.protocol !== "data:" && url.origin !== origin) trouble.push(`left its origin: ${url}`);
    });
    await use(page);
    expect(trouble.filter((line) => !expected?.test(line))).toEqual([]);
  },
});

export { expect };

// Waits until every widget lives that the page has brought to life by itself.
export async function awake(page) {
  await expect(page.locator("[data-widget]:not([data-alive], [data-waits])")).toHaveCount(0);
}

// Waits until every widget of the page lives, also what waits for a reader's first move. A comparison stands still,
// with nothing to press, until all that its sides play has come.
export async function alive(page) {
  await awake(page);
  await page.keyboard.press("Shift");
  await expect(page.locator("[data-widget]:not([data-alive])")).toHaveCount(0);
  await expect(page.locator(".compare .play:disabled")).toHaveCount(0);
  await expect(page.locator(".views [role=tab][disabled]")).toHaveCount(0);
}

// Windows that a page is looked at through.
export const WIDE = { width: 1280, height: 800 };
export const PHONE = { width: 360, height: 640 };

// Opens a page, and waits until all of it lives.
export async function open(page, path) {
  await page.goto(path);
  await alive(page);
}

// The slider of a figure's player.
export const scrubber = (page, id) => page.locator(`#${id} input[type=range]`);

// Asks axe what it finds on a page, or within one part of it, by all of its rules or by these: nothing. It runs in the
// page itself and hands back only what is wrong: the ordinary way tells of every element that passed too, and takes
// three times as long.
export async function expectAccessible(page, { within, rules } = {}) {
  const axe = new AxeBuilder({ page }).setLegacyMode(true).options({ resultTypes: ["violations"] });
  if (within) axe.include(within);
  if (rules) axe.withRules(rules);
  const { violations } = await axe.analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html)}`)).toEqual([]);
}

// What a figure says of the moment that it shows.
export const now = (page) => page.locator(".now [role=status]").first();

// A server by its number, from 1, on the first stage.
export const server = (page, number) => page.locator(`.stage [data-target=n${number - 1}]`).first();

// Goes to a moment of the playground, in milliseconds.
export const moment = (page, ms) => page.getByRole("slider", { name: "Moment" }).fill(`${ms * 1_000}`);

export const menu = (page) => page.locator(".menu");

// Opens the playground, and plays a scenario there.
export async function playground(page, scenario) {
  await open(page, "playground/");
  await page.getByText("Settings", { exact: true }).click();
  await page.getByLabel("scenario").selectOption(scenario);
}
