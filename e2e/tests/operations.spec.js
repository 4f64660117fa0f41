// What clients asked and were told, under a figure: by hand, by keys, and linked with the other views.
import { PHONE, WIDE, expect, expectAccessible, open, scrubber, test } from "./site.js";

const CAP = "lessons/cap-two-bank-branches/";
const tab = (page, id, name) => page.locator(`#${id}`).getByRole("tab", { name });
const bars = (page, id) => page.locator(`#${id} .op`);
const chosen = (page, id) => page.locator(`#${id} .op.is-chosen`);
const says = (page, id) => page.locator(`#${id} .op-says`);

// The operations of a figure at the end of its run.
async function atEnd(page, id) {
  await scrubber(page, id).focus();
  await page.keyboard.press("End");
  await tab(page, id, "Operations").click();
  await expect(bars(page, id).first()).toBeVisible();
}

test("an operation that is clicked is selected in every view", async ({ page }) => {
  await open(page, CAP);
  await atEnd(page, "ap");
  const first = bars(page, "ap").first();
  const name = await first.getAttribute("aria-label");
  await first.locator(".op-bar").click();
  await expect(chosen(page, "ap")).toHaveCount(1);
  await expect(first).toHaveAttribute("aria-selected", "true");
  await expect(says(page, "ap")).toHaveText(name);
  await expect(page.locator("#ap .op-sheet")).toHaveAttribute("aria-activedescendant", await first.getAttribute("id"));
  await tab(page, "ap", "Space and time").click();
  await expect(page.locator("#ap .st-op.is-chosen")).toHaveCount(1);
  await tab(page, "ap", "Events").click();
  // Where it was asked, and where it was answered.
  await expect(page.locator("#ap .ev-one .ev-what")).toContainText("Ann");
  await expect(page.locator("#ap .ev-row.is-chosen").first()).toContainText("Ann");
});

test("what is selected in space and time, or among the events, is selected among the operations", async ({ page }) => {
  await open(page, CAP);
  await atEnd(page, "ap");
  await tab(page, "ap", "Space and time").click();
  await page.locator("#ap .st-op").first().dispatchEvent("click");
  const name = await page.locator("#ap .st-op.is-chosen").getAttribute("aria-label");
  await tab(page, "ap", "Operations").click();
  await expect(chosen(page, "ap")).toHaveCount(1);
  const who = name.split(" ")[0];
  await expect(chosen(page, "ap")).toHaveAttribute("aria-label", new RegExp(who));
  const before = await chosen(page, "ap").getAttribute("id");
  // A message of the last operation belongs to it.
  await tab(page, "ap", "Events").click();
  await page.locator("#ap").getByLabel("Events of").selectOption({ label: "Ben" });
  await page.locator("#ap .ev-row .ev-say").last().click();
  await tab(page, "ap", "Operations").click();
  await expect(chosen(page, "ap")).toHaveCount(1);
  await expect(chosen(page, "ap")).not.toHaveAttribute("id", before);
  await expect(chosen(page, "ap")).toHaveAttribute("aria-label", /Ben/);
});

test("all of it goes by keys: from bar to bar, to the moments of one, closer and farther", async ({ page }) => {
  await open(page, CAP);
  await atEnd(page, "ap");
  const list = page.locator("#ap .op-sheet");
  await tab(page, "ap", "Operations").focus();
  // The buttons that move the window, then the drawing.
  for (let stops = 0; stops < 8; stops++) {
    await page.keyboard.press("Tab");
    if (await list.evaluate((list) => list === document.activeElement)) break;
  }
  await expect(list).toBeFocused();
  // First to one that is in view, then to the first of its row.
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Home");
  const first = await chosen(page, "ap").getAttribute("id");
  await page.keyboard.press("ArrowRight");
  await expect(chosen(page, "ap")).not.toHaveAttribute("id", first);
  await page.keyboard.press("ArrowLeft");
  await expect(chosen(page, "ap")).toHaveAttribute("id", first);
  await page.keyboard.press("ArrowDown");
  await expect(chosen(page, "ap")).toHaveAttribute("aria-label", /Ben/);
  await page.keyboard.press("ArrowUp");
  await expect(chosen(page, "ap")).toHaveAttribute("aria-label", /Ann/);
  await page.keyboard.press("End");
  await expect(list).toBeFocused();
  // To where it was asked, and from there to where it was answered: arrow keys of the figure are not meant here.
  const time = page.locator("#ap .player .time span").first();
  const end = await time.textContent();
  await page.keyboard.press("Enter");
  await expect(time).not.toHaveText(end);
  const asked = await time.textContent();
  await page.keyboard.press("Enter");
  await expect(time).not.toHaveText(asked);
  await expect(list).toBeFocused();
  const width = () => chosen(page, "ap").locator(".op-bar").evaluate((bar) => bar.getBoundingClientRect().width);
  const before = await width();
  await page.keyboard.press("+");
  await expect.poll(width).toBeGreaterThan(before);
  await page.keyboard.press("-");
  await expect.poll(width).toBeCloseTo(before, 0);
});

test("a click beside the bars goes to that moment, and one on a name selects whose row it is", async ({ page }) => {
  await open(page, CAP);
  await atEnd(page, "ap");
  const time = page.locator("#ap .player .time span").first();
  const end = await time.textContent();
  const list = page.locator("#ap .op-sheet");
  const box = await list.boundingBox();
  await list.click({ position: { x: 140, y: box.height - 8 } });
  await expect(time).not.toHaveText(end);
  await page.locator("#ap .op-name", { hasText: "Ben" }).click();
  await expect(page.locator("#ap .op-name.is-chosen")).toHaveText("Ben");
  await tab(page, "ap", "Space and time").click();
  await expect(page.locator("#ap .st-name.is-chosen").first()).toHaveText("Ben");
});

test("a contradiction is drawn when it arises, is gone before it, and its sentence selects it", async ({ page }) => {
  await open(page, CAP);
  await atEnd(page, "ap");
  await expect(page.locator("#ap .op.is-blamed")).toHaveCount(2);
  await expect(page.locator("#ap .op-before path").first()).toBeAttached();
  await expect(page.locator("#ap .op-number")).toHaveCount(0);
  await expect(says(page, "ap")).toContainText("No order: Ben read 100");
  for (const blamed of await page.locator("#ap .op.is-blamed").all()) {
    await expect(blamed).toHaveAttribute("aria-label", /part of the contradiction/);
  }
  const sentence = page.locator("#ap .verdict button.said").first();
  await sentence.click();
  await expect(chosen(page, "ap")).toHaveCount(2);
  await expect(page.locator("#ap .op.is-blamed.is-chosen")).toHaveCount(2);
  await sentence.click();
  await expect(chosen(page, "ap")).toHaveCount(0);
  await scrubber(page, "ap").fill("790000");
  await expect(page.locator("#ap .op.is-blamed")).toHaveCount(0);
  await expect(page.locator("#ap .op-number")).toHaveText(["1", "2"]);
  await expect(says(page, "ap")).toContainText("an order that explains every answer so far");
});

test("what was done to the system stands on the same axis: a cut and its end, a crash and the way back", async ({ page }) => {
  await open(page, CAP);
  await atEnd(page, "ap");
  const faults = page.locator("#ap .op-fault-words");
  await expect(faults.first()).toContainText("cut");
  // What mends is told from what breaks by more than its colour: by its words and its sign.
  await expect(page.locator("#ap .is-whole .op-fault-words")).toContainText("whole");
  const list = page.getByRole("list", { name: "Done to the system, on the same axis" });
  await expect(list.getByRole("listitem").first()).toContainText("600 ms");

  await open(page, "playground/");
  await page.getByRole("slider", { name: "Moment" }).fill("400000");
  await page.locator(".stage [data-target=n1]").first().click();
  await page.locator(".menu").getByRole("button", { name: /^Crash/ }).click();
  await atEnd(page, "playground");
  await expect(page.locator("#playground .op-fault-words").first()).toContainText(/crash/i);
  // Before it happened it is not drawn.
  await page.getByRole("slider", { name: "Moment" }).fill("300000");
  await expect(page.locator("#playground .op-fault-words")).toHaveCount(0);
});

for (const [size, viewport] of Object.entries({ wide: WIDE, phone: PHONE })) {
  for (const colorScheme of ["light", "dark"]) {
    test(`axe finds nothing among operations, with a contradiction and a selection, ${colorScheme}, ${size}`, async ({ page }) => {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      await open(page, CAP);
      await atEnd(page, "ap");
      await bars(page, "ap").first().locator(".op-bar").click();
      await expect(chosen(page, "ap")).toHaveCount(1);
      await expectAccessible(page, { within: "#ap" });
    });
  }
}

test("on a phone the page does not scroll sideways, and words are large enough", async ({ page }) => {
  await page.setViewportSize(PHONE);
  await open(page, CAP);
  await atEnd(page, "ap");
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  const sizes = await page.locator("#ap .op-sheet text").evaluateAll((all) =>
    all.map((one) => parseFloat(getComputedStyle(one).fontSize) * (one.getScreenCTM()?.a ?? 1)),
  );
  expect(Math.min(...sizes)).toBeGreaterThanOrEqual(10.9);
  for (const box of await Promise.all((await page.locator("#ap .op-move").all()).map((button) => button.boundingBox()))) {
    expect(Math.min(box.width, box.height)).toBeGreaterThanOrEqual(24);
  }
});
