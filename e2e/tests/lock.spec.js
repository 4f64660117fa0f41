// A lock service under the reader's hands: sessions, the lock-delay, and a master that dies.
import { PHONE, alive, expect, expectAccessible, menu, moment, playground, server, test } from "./site.js";

const person = (page, number) => page.locator(".stage .person").nth(number - 1);

async function choose(page, scenario) {
  await playground(page, scenario);
  await expect(server(page, 1)).toHaveAttribute("aria-label", /S1, acceptor/);
}

test("a lock whose holder is cut off is held back, and then somebody else has it", async ({ page }) => {
  await choose(page, "lock-delay");
  await moment(page, 1_000);
  await expect(server(page, 1)).toHaveAttribute("aria-label", /S1, master · 1\.1,.* token 1/);
  await expect(person(page, 1)).toHaveAttribute("aria-label", /acquire, heard: 1 in/);
  // The master still answers the KeepAlive that waited; then the session ends, and the lock with it.
  await moment(page, 2_000);
  await expect(server(page, 1)).toHaveAttribute("aria-label", /free/);
  await moment(page, 2_120);
  await expect(person(page, 2)).toHaveAttribute("aria-label", /acquire, heard: refused/);
  await moment(page, 2_800);
  await expect(person(page, 2)).toHaveAttribute("aria-label", /acquire, heard: 2 in/);
  await page.locator(".sim-body").focus();
  await page.keyboard.press("End");
  // The old sequencer.
  await expect(person(page, 1)).toHaveAttribute("aria-label", /write 1, heard: refused/);
});

test("a session outlives its master, and says so", async ({ page }) => {
  await choose(page, "lock-fail-over");
  await page.getByRole("tab", { name: /^Events/ }).click();
  const rings = page.locator(".stage .lease");
  // The master's lease and a session's; then the dead master has none.
  await moment(page, 1_200);
  await expect(rings).toHaveCount(2);
  await moment(page, 1_726);
  await expect(page.getByRole("tabpanel")).toContainText("the session is in jeopardy");
  await expect(rings).toHaveCount(1);
  await page.getByRole("tab", { name: /^Inspector/ }).click();
  await person(page, 1).click();
  await expect(page.getByRole("tabpanel")).toContainText("in jeopardy the grace period");
  await page.locator(".sim-body").focus();
  await page.keyboard.press("End");
  await expect(server(page, 2)).toHaveAttribute("aria-label", /S2, master · 2\.2,.* token 1/);
  await expect(person(page, 1)).toHaveAttribute("aria-label", /write 2, heard: done/);
});

test("by the keyboard alone somebody wants the lock while it is held back", async ({ page }) => {
  await choose(page, "lock-delay");
  await moment(page, 2_200);
  await person(page, 2).focus();
  await page.keyboard.press("Enter");
  await menu(page).getByRole("button", { name: "Ask for the lock" }).focus();
  await page.keyboard.press("Enter");
  await moment(page, 2_300);
  await expect(person(page, 2)).toHaveAttribute("aria-label", /acquire, heard: refused/);
});

test("on a phone it fits, and all of it is open to all", async ({ page }) => {
  await page.setViewportSize(PHONE);
  await choose(page, "lock-delay");
  await moment(page, 2_300);
  await alive(page);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(PHONE.width);
  await expectAccessible(page);
});
