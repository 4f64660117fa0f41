// Two protocols under one script: one player, what each has cost, and the moments at which they part.
import { PHONE, expect, open, test } from "./site.js";

const LESSON = "lessons/paxos-beside-raft/";
const counts = (side, term) => side.locator(".counts div", { hasText: term }).locator("dd");

test("two protocols go through the same cut, and what each has cost is counted", async ({ page }) => {
  await open(page, LESSON);
  const compare = page.locator(".compare").first();
  await compare.scrollIntoViewIfNeeded();
  const sides = compare.locator(".side");
  await expect(sides).toHaveCount(2);
  await compare.locator("input[type=range]").focus();
  await page.keyboard.press("Home");
  for (const side of [sides.first(), sides.last()]) {
    await expect(counts(side, "Operations")).toHaveText("0 answered");
    await expect(counts(side, "Messages between servers")).toHaveText("0");
  }
  await page.keyboard.press("End");
  for (const side of [sides.first(), sides.last()]) {
    await expect(counts(side, "Operations")).toHaveText(/^[3-9] answered/);
    await expect(counts(side, "Messages between servers")).toHaveText(/^[1-9]\d\d+$/);
    await expect(counts(side, "Round trips from asking to answer")).toHaveText(/^\d\.\d$/);
    await expect(side.locator(".verdict")).toContainText("One true store could have given every answer");
  }
  // Each runs its own algorithm.
  await expect(sides.first().locator(".stage")).toContainText(/acceptor \d\.\d/);
  await expect(sides.last().locator(".stage")).toContainText(/follower · \d/);
  // Where they part is a way there.
  const way = compare.locator(".apart button").first();
  const moment = (await way.textContent()).trim();
  await way.click();
  await expect(compare.locator(".player .time span").first()).toHaveText(moment);
});

test("on a phone the sides stand one above the other", async ({ page }) => {
  await page.setViewportSize(PHONE);
  await open(page, LESSON);
  const compare = page.locator(".compare").first();
  await compare.scrollIntoViewIfNeeded();
  const boxes = await compare.locator(".side").evaluateAll((all) => all.map((side) => side.getBoundingClientRect().top));
  expect(boxes[1]).toBeGreaterThan(boxes[0] + 100);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(PHONE.width);
});
