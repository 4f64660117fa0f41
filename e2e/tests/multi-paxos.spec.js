// Multi-Paxos under the reader's hands: one promise for all slots, a hole that is filled, the smaller side of a cut.
import { PHONE, alive, expect, expectAccessible, menu, moment, playground, server, test } from "./site.js";

const verdict = (page) => page.locator(".verdict").first();

async function choose(page, scenario) {
  await playground(page, scenario);
  await expect(server(page, 1)).toHaveAttribute("aria-label", /S1, acceptor, /);
}

// Which servers lead, and with which ballot.
async function leaders(page) {
  const labels = await page.locator(".stage .node[data-target]").evaluateAll((nodes) => nodes.map((one) => one.getAttribute("aria-label")));
  return labels.map((label) => /^(S\d), leader · (\d+)\.(\d+)/.exec(label)).filter(Boolean).map(([, name, round]) => [name, Number(round)]);
}

test("a slot is chosen behind a hole, and the next leader fills that", async ({ page }) => {
  await choose(page, "multi-hole");
  await moment(page, 900);
  expect(await leaders(page)).toEqual([["S1", 2]]);
  await moment(page, 940);
  await expect(server(page, 2)).toHaveAttribute("aria-label", /applied x=1 y=2/);
  await moment(page, 1_900);
  const [[next, round]] = await leaders(page);
  expect([next === "S1", round]).toEqual([false, 3]);
  await moment(page, 2_800);
  for (const number of [1, 2, 3]) await expect(server(page, number)).toHaveAttribute("aria-label", /applied x=3 y=4/);
  await expect(verdict(page)).toContainText("Consistent");
  await expect(verdict(page)).toContainText("Every server has applied its log up to entry 5");
});

test("a leader in the smaller part leads on for itself, and the larger part has another", async ({ page }) => {
  await choose(page, "multi-five-cut");
  await moment(page, 4_500);
  const [[old, round], [next, later]] = (await leaders(page)).sort(([, a], [, b]) => a - b);
  expect([old === next, later > round]).toEqual([false, true]);
  const label = await page.locator(`.stage .node[aria-label^="${old}, leader"]`).first().getAttribute("aria-label");
  expect(label).toContain("not settled");
});

test("by the keyboard alone somebody writes, and a server is told to lead", async ({ page }) => {
  await choose(page, "multi-three");
  await moment(page, 1_900);
  await page.locator(".stage .person").first().focus();
  await page.keyboard.press("Enter");
  await menu(page).getByRole("combobox", { name: "Key" }).selectOption("y");
  await menu(page).getByRole("button", { name: "Set y to 2" }).focus();
  await page.keyboard.press("Enter");
  await page.locator(".sim-body").focus();
  await page.keyboard.press("End");
  await expect(server(page, 1)).toHaveAttribute("aria-label", /y=2/);
  const [[leader]] = await leaders(page);
  const other = leader === "S1" ? 2 : 1;
  await server(page, other).focus();
  await page.keyboard.press("Enter");
  await menu(page).getByRole("button", { name: /^Let it lead/ }).click();
  await page.locator(".sim-body").focus();
  await page.keyboard.press("End");
  expect((await leaders(page)).map(([name]) => name)).toEqual([`S${other}`]);
});

test("on a phone it fits, and all of it is open to all", async ({ page }) => {
  await page.setViewportSize(PHONE);
  await choose(page, "multi-five-cut");
  await moment(page, 2_000);
  await alive(page);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(PHONE.width);
  await expectAccessible(page);
});

test("how sure each clock is lies as a band at the foot of its server", async ({ page }) => {
  await playground(page, "multi-truetime");
  await moment(page, 600);
  await expect(page.locator(".stage .sure")).toHaveCount(3);
  await choose(page, "multi-three");
  await expect(page.locator(".stage .sure")).toHaveCount(0);
});
