// Raft under the reader's hands: a leader is elected, dies, is cut off with the smaller part; people read and write.
import { PHONE, WIDE, alive, expect, expectAccessible, menu, moment, now, playground, server, test } from "./site.js";

async function choose(page, scenario) {
  await playground(page, scenario);
  await expect(server(page, 1)).toHaveAttribute("aria-label", /S1, follower · 0/);
}

// Which servers lead, and their terms.
async function leaders(page) {
  const labels = await page.locator(".stage .node[data-target]").evaluateAll((nodes) => nodes.map((one) => one.getAttribute("aria-label")));
  return labels.map((label) => /^(S\d), leader · (\d+)/.exec(label)).filter(Boolean).map(([, name, term]) => [name, Number(term)]);
}

test("a leader is elected, dies, and another is elected in a later term", async ({ page }) => {
  await choose(page, "raft-five");
  await moment(page, 1_900);
  const [[first, term]] = await leaders(page);
  await moment(page, 3_900);
  const [[next, later]] = await leaders(page);
  expect([next === first, later > term]).toEqual([false, true]);
  await moment(page, 5_000);
  await expect(page.locator(".verdict").first()).toContainText("Consistent");
  await expect(page.locator(".verdict").first()).not.toContainText("A promise was broken");
});

test("a leader that is cut off with one other believes that it leads and commits nothing", async ({ page }) => {
  await choose(page, "raft-five-cut");
  await moment(page, 4_500);
  const [[old, term], [next, later]] = (await leaders(page)).sort(([, a], [, b]) => a - b);
  expect([old === next, later > term]).toEqual([false, true]);
  const label = await page.locator(`.stage .node[aria-label^="${old}, leader"]`).first().getAttribute("aria-label");
  expect(label).toContain("not settled");
});

test("people read and write by the keyboard alone, and a server is told to lead", async ({ page }) => {
  await choose(page, "raft-three");
  await moment(page, 1_900);
  const person = page.locator(".stage .person").first();
  await person.focus();
  await page.keyboard.press("Enter");
  await menu(page).getByRole("combobox", { name: "Key" }).selectOption("y");
  const set = menu(page).getByRole("button", { name: "Set y to 2" });
  await set.focus();
  await page.keyboard.press("Enter");
  await expect(now(page)).toContainText("sets y to 2");
  const [[leader]] = await leaders(page);
  const other = leader === "S1" ? 2 : 1;
  await server(page, other).focus();
  await page.keyboard.press("Enter");
  await menu(page).getByRole("button", { name: /^Let it lead/ }).click();
  await page.locator(".sim-body").focus();
  await page.keyboard.press("End");
  expect((await leaders(page)).map(([name]) => name)).toEqual([`S${other}`]);
});

test("every run of a rule opens at the moment of the violation, and with the rule at the same moment without one", async ({ page }) => {
  test.slow();
  await page.goto("rules/");
  const links = page.locator("main a[href*='playground/#']");
  const hrefs = await links.evaluateAll((all) => all.map((one) => [one.textContent, one.href]));
  expect(hrefs.length).toBe(62);
  for (const [words, href] of hrefs) {
    // A page anew: only the fragment differs.
    await page.goto("about:blank");
    await page.goto(href);
    await alive(page);
    const verdict = page.locator(".verdict").first();
    const says = words === "With it" ? /up to entry|is chosen|in doubt/ : /A promise was broken\. It is promised that /;
    await expect(verdict).toContainText(says);
    if (words === "With it") await expect(verdict).not.toContainText("broken");
  }
});

test("five servers fit a phone, and all of it is open to all", async ({ page }) => {
  await page.setViewportSize(PHONE);
  await choose(page, "raft-five");
  await moment(page, 2_500);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(PHONE.width);
  await page.locator(".stage .person").first().focus();
  await page.keyboard.press("Enter");
  await expect(menu(page)).toBeVisible();
  await expectAccessible(page);
});

test("a row of the proof sheet opens the run that the tests judged", async ({ page }) => {
  await page.goto("proof/");
  await page.getByRole("row", { name: /Two believe that they lead/ }).getByRole("link").click();
  await alive(page);
  // Its moment is the one at which the leader is cut off.
  await expect(page.locator(".bar").first()).toContainText("Mend");
  await expect(page.getByRole("alert")).toHaveCount(0);
  await moment(page, 7_000);
  expect((await leaders(page)).length).toBeGreaterThan(0);
});

test("chance is chosen by keys and in a server's menu: the vote is split, then one stands first and leads", async ({ page }) => {
  await choose(page, "raft-five");
  await moment(page, 2_100);
  await server(page, 3).focus();
  await page.keyboard.press("v");
  await expect(now(page)).toContainText("All election timers run out together");
  await moment(page, 2_300);
  const roles = await page.locator(".stage .node[aria-label*='candidate']").count();
  expect(roles).toBe(4);
  expect(await leaders(page)).toEqual([]);
  // All four wait anew: the next round is S4's, from its menu.
  await server(page, 4).focus();
  await page.keyboard.press("Enter");
  await menu(page).getByRole("button", { name: /^Let it stand first/ }).click();
  await expect(now(page)).toContainText("S4’s election timer runs out as soon as it may, the others’ as late as they may");
  await moment(page, 2_700);
  expect((await leaders(page)).map(([name]) => name)).toEqual(["S4"]);
  // A leader has no such timer, and the keys say nothing where they do nothing.
  await server(page, 4).focus();
  const before = await now(page).textContent();
  await page.keyboard.press("t");
  expect(await now(page).textContent()).toBe(before);
  await page.keyboard.press("Enter");
  await expect(menu(page).getByRole("button", { name: /^Time it out/ })).toHaveCount(0);
});

const NINE = "AQEBDE5pbmUgc2VydmVycwRyYWZ0AAAJAlMxAlMyAlMzAlM0AlM1AlM2AlM3AlM4AlM5AwNBbm4AwIQ9A0JlbgPAhD0DRXZlB8CEPYgnoJwBAAEAAQDoB-gHAAEAAQAAAAAAAADAlrECoMIeAwXAzyQSAOCnEgAJBwHAzyQACgeCgASgwh4GgwSgjQYACwcDAI2YvrgI-_swpw";

for (const [size, viewport] of Object.entries({ wide: WIDE, phone: PHONE })) {
  test(`nine servers have a stage, ${size}`, async ({ page }) => {
    await page.setViewportSize(viewport);
    await page.goto(`playground/#${NINE}`);
    await alive(page);
    for (const ms of [0, 330, 2_090, 5_000]) {
      await moment(page, ms);
      await expect(page.locator(".stage .node[data-target]")).toHaveCount(9);
    }
    const [one, nine] = [await server(page, 1).boundingBox(), await server(page, 9).boundingBox()];
    expect(Math.abs(one.y - nine.y)).toBeGreaterThan(40);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
  });
}
