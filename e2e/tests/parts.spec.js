// Each protocol is a part of the module, which only those load who play it.
import { netsplit } from "../native.js";
import { alive, awake, expect, test } from "./site.js";

const BANK = "lessons/two-servers-one-balance/";
const CART = "lessons/cart-that-doubled/";
const CARTS = "**/*_primary_replica.wasm";

// The protocols whose parts a page asks for.
function parts(page) {
  const seen = new Set();
  page.on("request", (request) => {
    const part = /_(ledger|primary_replica)\.wasm$/.exec(request.url());
    if (part) seen.add(part[1]);
  });
  return seen;
}

const node = (page) => page.locator(".stage [data-target=n0]").first();

// A link to a random run of carts.
const cart = () => netsplit("sample", "--runs", "1", "--seed", "3", "--protocol", "primary-replica").trim();

for (const [path, expected] of [
  [BANK, ["ledger"]],
  ["playground/", ["ledger"]],
  [CART, ["primary_replica"]],
  ["check/", []],
]) {
  test(`/${path} loads ${expected.join(" and ") || "no protocol"}`, async ({ page }) => {
    const seen = parts(page);
    await page.goto(path);
    await awake(page);
    await page.waitForLoadState("networkidle");
    expect([...seen].sort()).toEqual(expected);
  });
}

test("a link brings what plays it", async ({ page }) => {
  const seen = parts(page);
  const link = cart();
  await page.goto(`playground/#${link}`);
  await alive(page);
  await expect(node(page)).toHaveAttribute("aria-label", /replica|primary/);
  expect([...seen].sort()).toEqual(["ledger", "primary_replica"]);
});

test("a link is replayed at once, also where nothing has played its protocol", async ({ page }) => {
  await page.goto(BANK);
  await awake(page);
  const link = cart();
  const last = netsplit("replay", "--", link).trimEnd().split("\n").at(-1);
  const { digest, events, verdict } = await page.evaluate((link) => window.netsplit.replay(link), link);
  expect(`digest ${digest} events ${events} verdict ${verdict}`).toBe(last);
});

test("the playground plays every scenario, carts too", async ({ page }) => {
  await page.goto("playground/");
  await alive(page);
  await page.getByText("Settings", { exact: true }).click();
  const list = page.getByLabel("scenario");
  await list.selectOption("cart-two-tabs");
  await expect(node(page)).toHaveAttribute("aria-label", /Dublin, primary/);
  await expect(list).toHaveValue("cart-two-tabs");
  await page.getByRole("slider", { name: "Moment" }).fill("195000");
  await expect(page.locator(".verdict").first()).toContainText("Tab B read nothing");
  await list.selectOption("bank-two-cut");
  await expect(node(page)).toHaveAttribute("aria-label", /North/);
});

// Holds the part of the carts back until the function that this gives is called.
async function heldBack(page) {
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await page.route(CARTS, async (route) => {
    await held;
    await route.continue();
  });
  return release;
}

test("a link that another one has overtaken is not opened", async ({ page }) => {
  const release = await heldBack(page);
  await page.goto("playground/");
  await alive(page);
  const bank = netsplit("sample", "--runs", "1", "--seed", "8", "--protocol", "ledger").trim();
  const asked = page.waitForRequest(CARTS);
  await page.evaluate((link) => (location.hash = link), cart());
  await asked;
  await page.evaluate((link) => (location.hash = link), bank);
  const name = await page.evaluate(() => document.querySelector(".stage [data-target=n0]").getAttribute("aria-label"));
  const come = page.waitForResponse(CARTS);
  release();
  await come;
  await page.waitForTimeout(500);
  expect(name).not.toMatch(/primary|replica/);
  await expect(node(page)).not.toHaveAttribute("aria-label", /primary|replica/);
});

test("a scenario that another one has overtaken is not begun", async ({ page }) => {
  const release = await heldBack(page);
  await page.goto("playground/");
  await alive(page);
  await page.getByText("Settings", { exact: true }).click();
  const asked = page.waitForRequest(CARTS);
  await page.getByLabel("scenario").selectOption("cart-two-tabs");
  await asked;
  await page.getByLabel("scenario").selectOption("bank-two-cut");
  const come = page.waitForResponse(CARTS);
  release();
  await come;
  await page.waitForTimeout(500);
  await expect(node(page)).toHaveAttribute("aria-label", /North/);
  await expect(page.getByLabel("scenario")).toHaveValue("bank-two-cut");
});

test("buttons that set a bank are gone while a cart is played there", async ({ page }) => {
  await page.goto(`${BANK}#${cart()}`);
  await alive(page);
  const figure = page.locator(".sim", { has: page.locator("[data-target=n0][aria-label*=primary], [data-target=n0][aria-label*=replica]") });
  await expect(figure).toHaveCount(1);
  await expect(figure.locator(".variants")).toHaveCount(0);
});

test.describe("where a protocol cannot be had", () => {
  test.use({ expected: /failed: .*wasm|Failed to load|the rest of the module|Failed to fetch/ });

  test("the figures say so and stand still, and it can be had later", async ({ page }) => {
    await page.route(CARTS, (route) => route.abort());
    await page.goto(CART);
    await page.keyboard.press("Shift");
    const first = page.locator("#doubled");
    await expect(first.locator(".failed")).toContainText("This part could not be loaded.");
    await expect(first.locator(".stage:visible")).toHaveCount(1);
    // What plays nothing lives all the same.
    await expect(page.locator("section.cards[data-alive]")).toHaveCount(1);
    await page.unroute(CARTS);
    await first.getByRole("button", { name: "Try again" }).click();
    await expect(first.locator(".stage [data-target=n0]")).toHaveAttribute("aria-label", /Dublin, primary/);
  });

  test("a figure further down says so, and can be had later", async ({ page }) => {
    await page.route("**/*_ledger.wasm", (route) => route.abort());
    await page.goto(CART);
    await awake(page);
    await page.keyboard.press("Shift");
    const card = page.locator("#card");
    await expect(card.locator(".failed")).toContainText("This part could not be loaded.");
    await page.unroute("**/*_ledger.wasm");
    await card.getByRole("button", { name: "Try again" }).click();
    await alive(page);
    await expect(card.locator(".failed")).toHaveCount(0);
    await expect(card.locator(".stage [data-target=n0]")).toHaveAttribute("aria-label", /North/);
  });

  test("a link says so, and the figure stays as it was", async ({ page }) => {
    await page.route(CARTS, (route) => route.abort());
    await page.goto(`playground/#${cart()}`);
    await alive(page);
    await expect(page.locator(".notice")).toContainText("what plays this link could not be loaded");
    await expect(node(page)).toHaveAttribute("aria-label", /North/);
  });

  test("so does the list of scenarios", async ({ page }) => {
    await page.route(CARTS, (route) => route.abort());
    await page.goto("playground/");
    await alive(page);
    await page.getByText("Settings", { exact: true }).click();
    await page.getByLabel("scenario").selectOption("cart-two-tabs");
    await expect(page.locator(".notice")).toContainText("could not be loaded");
    await expect(page.getByLabel("scenario")).toHaveValue("bank-three");
    // It can be asked for again.
    await page.unroute(CARTS);
    await page.getByLabel("scenario").selectOption("cart-two-tabs");
    await expect(node(page)).toHaveAttribute("aria-label", /Dublin, primary/);
  });

  test("a replay throws a sentence", async ({ page }) => {
    await page.route(CARTS, (route) => route.abort());
    await page.goto(BANK);
    await awake(page);
    const words = await page.evaluate((link) => {
      try {
        return window.netsplit.replay(link);
      } catch (error) {
        return error.message;
      }
    }, cart());
    expect(words).toContain("could not be loaded");
  });
});
