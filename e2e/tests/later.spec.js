// What a page loads only when its reader comes to it.
import { PAGES, alive, awake, expect, expectAccessible, test } from "./site.js";

const LESSON = "lessons/two-servers-one-balance/";
const LATER = "**/*_later.wasm";

// The requests for it, as they come.
function requests(page) {
  const seen = [];
  page.on("request", (request) => {
    if (request.url().endsWith("_later.wasm")) seen.push(request.url());
  });
  return seen;
}

test("the views come when one scrolls near them, and nothing moves", async ({ page }) => {
  const seen = requests(page);
  await page.goto(LESSON);
  await awake(page);
  const views = page.locator(".views").first();
  const place = await views.boundingBox();
  await page.waitForLoadState("networkidle");
  expect(seen).toEqual([]);
  await expect(views.getByRole("tab").first()).toBeDisabled();
  await page.mouse.wheel(0, place.y - 800);
  await expect(views.getByRole("tab").first()).toBeEnabled();
  expect(seen).toHaveLength(1);
  const now = await views.boundingBox();
  expect(Math.abs(now.height - place.height)).toBeLessThanOrEqual(1);
});

// Holds it back, or another file, until the function that this gives is called.
async function heldBack(page, file = LATER) {
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await page.route(file, async (route) => {
    await held;
    await route.continue();
  });
  return release;
}

test("a figure works before the rest is there, and what was pressed meanwhile is done once", async ({ page }) => {
  const release = await heldBack(page);
  await page.goto("");
  await awake(page);
  const figure = page.locator("[data-widget=sim]");
  const before = await figure.locator(".time").textContent();
  await figure.getByRole("button", { name: "Step", exact: true }).click();
  await expect(figure.locator(".time")).not.toHaveText(before);
  // What happened last is put into words by the rest.
  await expect(figure.locator(".now")).toHaveText("…");
  const variant = figure.getByRole("button", { name: "Refuse when unsure" });
  await variant.click();
  await expect(variant).toHaveAttribute("aria-pressed", "false");
  release();
  await expect(variant).toHaveAttribute("aria-pressed", "true");
  await expect(variant).toBeFocused();
  await expect(figure.locator(".now")).not.toHaveText("…");
  // Of several things pressed each is done.
  const releaseAgain = await heldBack(page);
  await page.reload();
  await awake(page);
  const other = figure.getByRole("button", { name: "Wait and ask" });
  await other.click();
  await figure.getByRole("button", { name: "Share", exact: true }).click();
  releaseAgain();
  await expect(page.getByRole("dialog", { name: "Share this moment" })).toBeVisible();
  await expect(other).toHaveAttribute("aria-pressed", "true");
});

test("a menu that was opened meanwhile opens when it is there", async ({ page }) => {
  const release = await heldBack(page);
  await page.goto("playground/");
  await awake(page);
  await page.locator(".stage .node").first().click();
  await expect(page.locator(".menu")).toHaveCount(0);
  release();
  await expect(page.getByRole("dialog", { name: "North" })).toBeVisible();
});

test("what is clicked before there is any module is done too", async ({ page }) => {
  const release = await heldBack(page, "**/*_bg.wasm");
  await page.goto("");
  await page.getByRole("button", { name: "Refuse when unsure" }).click();
  release();
  await expect(page.getByRole("button", { name: "Refuse when unsure" })).toHaveAttribute("aria-pressed", "true");
});

test.describe("with a finger", () => {
  test.use({ hasTouch: true, viewport: { width: 360, height: 640 } });

  // The browser's own touches: what moves scrolls the page.
  async function finger(page) {
    const devtools = await page.context().newCDPSession(page);
    return (type, ...touchPoints) => devtools.send("Input.dispatchTouchEvent", { type, touchPoints });
  }

  test("a tap is done once, though the rest comes while the finger is down", async ({ page }) => {
    const release = await heldBack(page);
    await page.goto("playground/");
    await awake(page);
    const cut = page.getByRole("button", { name: "Cut the line" }).or(page.getByRole("button", { name: "Cut in two" }));
    await cut.scrollIntoViewIfNeeded();
    const box = await cut.boundingBox();
    const there = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    const touch = await finger(page);
    await touch("touchStart", there);
    const came = page.waitForResponse(LATER);
    release();
    await came;
    await page.waitForTimeout(300);
    await expect(cut).toBeVisible();
    await touch("touchEnd");
    await expect(page.getByRole("button", { name: /^Mend the/ })).toBeVisible();
    await page.waitForTimeout(300);
    await expect(page.getByRole("button", { name: /^Mend the/ })).toBeVisible();
  });

  test("a finger that scrolls presses nothing", async ({ page }) => {
    await page.goto(LESSON);
    await awake(page);
    const box = await page.locator(".predict label").first().boundingBox();
    const x = box.x + box.width / 2;
    const touch = await finger(page);
    await touch("touchStart", { x, y: box.y + 10 });
    for (let moved = 20; moved <= 200; moved += 20) await touch("touchMove", { x, y: box.y + 10 - moved });
    await touch("touchEnd");
    await expect(page.locator("[data-waits]")).toHaveCount(0);
    await page.waitForTimeout(300);
    expect(await page.evaluate(() => scrollY)).toBeGreaterThan(0);
    await expect(page.getByRole("radio", { checked: true })).toHaveCount(0);
  });
});

test("what a reader has scrolled away from is left alone, and the page stays where it is", async ({ page }) => {
  const release = await heldBack(page);
  await page.goto("");
  await awake(page);
  await page.getByRole("button", { name: "Share", exact: true }).click();
  await page.evaluate(() => scrollTo(0, 4000));
  const place = await page.evaluate(() => scrollY);
  release();
  await expect(page.locator("[data-waits]")).toHaveCount(0);
  await page.waitForTimeout(300);
  await expect(page.getByRole("dialog")).toHaveCount(0);
  expect(await page.evaluate(() => scrollY)).toBe(place);
});

test("a guess that was chosen meanwhile is the one that is made", async ({ page }) => {
  const release = await heldBack(page);
  await page.goto(LESSON);
  await awake(page);
  const guess = page.locator(".predict").first();
  const choice = guess.locator("label").nth(1);
  await choice.click();
  // The next button is not there for clicking yet: that takes nothing away.
  await guess.getByRole("button", { name: "That is my guess" }).click({ force: true });
  release();
  await expect(choice.getByRole("radio")).toBeChecked();
  await guess.getByRole("button", { name: "That is my guess" }).click();
  await expect(guess.getByText("Noted.")).toBeVisible();
});

test("whoever goes by keyboard loses no place when the rest comes", async ({ page }) => {
  const release = await heldBack(page);
  await page.goto(LESSON);
  await awake(page);
  const place = () =>
    page.evaluate(() => {
      const one = document.activeElement;
      return one === document.body ? "" : one.outerHTML;
    });
  // As far as the figure's player: past the guess and the bar, which are not there yet.
  for (let stops = 0; stops < 30; stops++) {
    await page.keyboard.press("Tab");
    if ((await place()).includes("Step back")) break;
  }
  const here = await place();
  expect(here).toContain("Step back");
  release();
  await expect(page.locator("[data-waits]")).toHaveCount(0);
  expect(await place()).toBe(here);
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Shift+Tab");
  expect(await place()).not.toBe("");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  expect(await place()).toBe(here);
});

for (const path of PAGES) {
  test(`axe finds nothing on /${path} before the rest is there`, async ({ page }) => {
    await heldBack(page);
    await page.goto(path);
    await awake(page);
    await expectAccessible(page);
  });
}

test.describe("when it cannot be had", () => {
  test.use({ expected: /_later\.wasm|did not load|Failed to (fetch|load)/ });

  test("that is said once in each place, and one may try again", async ({ page }) => {
    const seen = requests(page);
    await page.route(LATER, (route) => route.fulfill({ status: 503, body: "" }));
    await page.goto(LESSON);
    await awake(page);
    await page.keyboard.press("Shift");
    const lines = page.locator(".failed", { hasText: "could not be loaded" });
    const waiting = page.locator("[data-waits], .views");
    await expect(lines).toHaveCount(await waiting.count());
    // Another key asks nobody again; the button does.
    await page.keyboard.press("Shift");
    await lines.first().getByRole("button", { name: "Try again" }).click();
    await expect.poll(() => seen.length).toBe(2);
    await expect(lines).toHaveCount(await waiting.count());
    await page.unroute(LATER);
    await lines.last().getByRole("button", { name: "Try again" }).click();
    await alive(page);
    await expect(lines).toHaveCount(0);
  });

  test("it is said where it was wanted, and what waits opens after all", async ({ page }) => {
    await page.route(LATER, (route) => route.fulfill({ status: 503, body: "" }));
    await page.goto("playground/");
    await awake(page);
    await page.locator(".stage .node").first().click();
    const line = page.locator(".stage-room > .failed");
    await expect(line).toBeVisible();
    await page.getByRole("button", { name: "Share", exact: true }).click();
    await expect(page.locator(".bar > .failed")).toBeVisible();
    await page.unroute(LATER);
    await line.getByRole("button", { name: "Try again" }).click();
    await expect(page.getByRole("dialog", { name: "North" })).toBeVisible();
    await expect(page.locator(".failed")).toHaveCount(0);
    await expect(page.getByRole("dialog", { name: "Share this moment" })).toHaveCount(0);
  });
});
