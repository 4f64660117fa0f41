// Paxos under the reader's hands: a value is chosen in two phases, proposers duel, and what may be chosen is proposed again.
import { PHONE, alive, expect, expectAccessible, menu, moment, now, playground, server, test } from "./site.js";

const verdict = (page) => page.locator(".verdict").first();

async function choose(page, scenario) {
  await playground(page, scenario);
  await expect(server(page, 1)).toHaveAttribute("aria-label", /S1, acceptor, chosen \?/);
}

test("a value is chosen in two phases, and every server comes to know", async ({ page }) => {
  await choose(page, "paxos-round");
  await moment(page, 70);
  await expect(server(page, 1)).toHaveAttribute("aria-label", /phase 1 · 1\.1/);
  await moment(page, 150);
  await expect(server(page, 1)).toHaveAttribute("aria-label", /phase 2 · 1\.1/);
  await expect(verdict(page)).toContainText("Nobody knows of a value that is chosen");
  await moment(page, 300);
  for (const number of [1, 2, 3]) await expect(server(page, number)).toHaveAttribute("aria-label", /knows, chosen x = 7/);
  await moment(page, 900);
  await expect(verdict(page)).toContainText("x = 7 is chosen, and every server knows");
});

test("proposers that never wait overtake one another for ever, and one that waits gets through", async ({ page }) => {
  await choose(page, "paxos-duel");
  await moment(page, 2_900);
  await expect(verdict(page)).toContainText("Nobody knows of a value that is chosen");
  const ballots = await page.locator(".stage .node").evaluateAll((all) => all.map((one) => Number(/· (\d+)\.\d/.exec(one.getAttribute("aria-label"))?.[1] ?? 0)));
  expect(Math.max(...ballots)).toBeGreaterThan(50);
  // The same people, and a back-off that is random.
  await page.getByLabel(/^back off/).selectOption({ label: "A random time" });
  await moment(page, 2_900);
  await expect(verdict(page)).toContainText("x = 7 is chosen");
});

test("by the keyboard alone a second value is proposed, and refused", async ({ page }) => {
  await choose(page, "paxos-round");
  await moment(page, 500);
  await page.locator(".stage .person").nth(2).focus();
  await page.keyboard.press("Enter");
  const set = menu(page).getByRole("button", { name: /^Set x to / });
  await set.focus();
  await page.keyboard.press("Enter");
  await moment(page, 560);
  await expect(page.locator(".stage .person").nth(2)).toHaveAttribute("aria-label", /refused/);
  await expect(now(page)).not.toBeEmpty();
});

test("on a phone it fits, and all of it is open to all", async ({ page }) => {
  await page.setViewportSize(PHONE);
  await choose(page, "paxos-minority");
  await moment(page, 420);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(PHONE.width);
  await expectAccessible(page);
});

test("a link to Paxos brings its protocol along", async ({ page }) => {
  await page.goto("rules/");
  const [href] = await page.locator("main h2:text-is('Paxos') ~ p a[href*='playground/#']").evaluateAll((all) => all.map((one) => one.href));
  await page.goto(href);
  await alive(page);
  await expect(server(page, 1)).toHaveAttribute("aria-label", /chosen/);
  await expect(verdict(page)).toContainText("A promise was broken");
});
