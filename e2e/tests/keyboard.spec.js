// A lesson by the keyboard alone: nothing is clicked, nothing is focused by a script.
import { alive, expect, test } from "./site.js";

const CART = "lessons/cart-that-doubled/";
// More stops than any lesson has between two things.
const STOPS_MAX = 400;

// Goes on with Tab until this has the focus.
async function reach(page, wanted) {
  const thing = wanted.first();
  for (let stop = 0; stop < STOPS_MAX; stop += 1) {
    if (await thing.evaluate((one) => one === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`no stop of the keyboard at ${wanted}`);
}

// What has the focus, whether it is in view, and whether one sees that it has it.
const stop = () => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const { top, bottom, left, right, width, height } = one.getBoundingClientRect();
  const { outlineStyle, outlineWidth } = getComputedStyle(one);
  return {
    what: one.outerHTML.slice(0, 120),
    isInView: bottom > 0 && top < innerHeight && right > 0 && left < innerWidth && width + height > 0,
    isSeen: outlineStyle !== "none" && parseFloat(outlineWidth) > 0,
  };
};

test("lesson 3 is gone through by the keyboard alone", async ({ page }) => {
  test.setTimeout(120_000);
  await page.goto(CART);
  await alive(page);
  // A guess, and the moment that tells.
  const guess = page.locator(".predict").first();
  await reach(page, guess.getByRole("radio"));
  await page.keyboard.press("ArrowDown");
  await reach(page, guess.getByRole("button", { name: "That is my guess" }));
  await page.keyboard.press("Enter");
  await reach(page, guess.getByRole("button", { name: "Show that moment" }));
  await page.keyboard.press("Enter");
  await expect(guess).toContainText("You saw it coming");
  // The figure is played to its end; its goals are reached.
  const figure = page.locator("#doubled");
  await reach(page, figure.getByRole("button", { name: "Share" }));
  for (let step = 0; step < 40; step += 1) await page.keyboard.press("ArrowRight");
  await expect(figure.locator(".time")).toContainText("1.4 s of 1.4 s");
  await expect(page.locator("[data-widget=goals]").first().locator("li.done")).toHaveCount(2);
  // The sentence of the verdict, the operations that it names, and why.
  await reach(page, figure.locator(".models button.said"));
  await page.keyboard.press("Enter");
  await reach(page, figure.getByRole("tab", { selected: true }));
  await page.keyboard.press("ArrowRight");
  await expect(figure.locator(".op[aria-selected=true]").first()).toBeVisible();
  // Another cure is chosen, and looked at.
  const lag = page.locator("#lag");
  await reach(page, lag.getByRole("button", { name: "Show at once" }));
  await page.keyboard.press("Space");
  await expect(lag.getByRole("button", { name: "Show at once" })).toHaveAttribute("aria-pressed", "true");
  // A question is answered by its moment, and a card is turned.
  const answer = page.locator(".question").first().getByRole("button").last();
  await reach(page, answer);
  await page.keyboard.press("Enter");
  await expect(page.locator(".question").first()).toContainText(/Right\.|No\./);
  const card = page.locator("section.cards .card").first();
  await reach(page, card.locator("button, summary"));
  await page.keyboard.press("Enter");
  await expect(card.locator("p")).toBeVisible();
});

test("every stop of the keyboard in lesson 3 is in view, and one sees it", async ({ page }) => {
  test.setTimeout(120_000);
  await page.goto(CART);
  await alive(page);
  const unseen = [];
  let stops = 0;
  for (; stops < 600; stops += 1) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(stop);
    if (!at) break;
    if (!at.isInView || !at.isSeen) unseen.push(at);
  }
  expect(stops).toBeGreaterThan(60);
  expect(unseen).toEqual([]);
});
