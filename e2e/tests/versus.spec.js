// A comparison of the reader's own: what is chosen, what happens to all of it, and a link to the very moment.
import { PHONE, expect, open, test } from "./site.js";

const PAGE = "compare/";
const sides = (page) => page.locator(".versus .side");
const labels = (page) => page.locator(".versus .side-label");
const field = (page, name) => page.locator(`.versus [name=${name}]`);
const said = (page) => page.locator(".versus form [role=status]");
const counts = (side, term) => side.locator(".counts div", { hasText: term }).locator("dd");

async function play(page) {
  // The page begins anew with what was chosen.
  const loaded = page.waitForEvent("load");
  await page.getByRole("button", { name: "Play them" }).click();
  await loaded;
  await expect(page.locator(".versus .compare[data-alive]")).toBeVisible();
}

test("three go through what the reader chose, and a link leads to the very moment", async ({ page, context }) => {
  await open(page, PAGE);
  await expect(labels(page)).toHaveText(["Raft", "Two-phase commit"]);
  await field(page, "side").nth(1).selectOption({ label: "Multi-Paxos" });
  await field(page, "side").nth(2).selectOption({ label: "etcd 3.4" });
  await field(page, "what").first().selectOption({ label: "loses its power" });
  await field(page, "from").first().fill("2500");
  await field(page, "until").first().fill("5000");
  await field(page, "whom").nth(1).selectOption({ label: "S2" });
  await field(page, "what").nth(1).selectOption({ label: "stands still" });
  await field(page, "from").nth(1).fill("6000");
  await field(page, "until").nth(1).fill("6400");
  await play(page);
  await expect(labels(page)).toHaveText(["Raft", "Multi-Paxos", "etcd 3.4"]);
  expect(new URL(page.url()).hash.split(".")).toHaveLength(3);
  // The form says what is played.
  await expect(field(page, "what").nth(1)).toHaveValue("pause");
  await expect(field(page, "until").nth(1)).toHaveValue("6400");
  await expect(field(page, "side").nth(3)).toHaveValue("");
  await page.locator(".versus input[type=range]").fill(String(2_600_000));
  for (const side of await sides(page).all()) {
    // Whoever led there, by name.
    await expect(side.locator(".stage .node.off, .stage .node.down, .stage").first()).toBeVisible();
    await expect(counts(side, "Messages between servers")).toHaveText(/^[1-9]\d+$/);
  }
  await page.locator(".versus input[type=range]").fill(String(4_321_000));
  await page.getByRole("button", { name: "Copy a link to this moment" }).click();
  await expect(said(page)).toContainText("4.32 s");
  const numbers = await page.locator(".versus .counts").allTextContents();
  const other = await context.newPage();
  await other.goto(page.url());
  await expect(other.locator(".versus .compare[data-alive]")).toBeVisible();
  await expect(other.locator(".versus input[type=range]")).toHaveValue("4321000");
  await expect(labels(other)).toHaveText(["Raft", "Multi-Paxos", "etcd 3.4"]);
  await expect(other.locator(".versus .counts")).toHaveText(numbers);
});

test("where the runs part is marked on the track, once for each way there", async ({ page }) => {
  await open(page, PAGE);
  const buttons = page.locator(".versus .apart button");
  // They are told with the first verdict.
  await expect(buttons.nth(2)).toBeVisible();
  const ways = await buttons.count();
  const marks = await page.locator(".versus .ticks").evaluate((ticks) => getComputedStyle(ticks).backgroundImage);
  expect(marks.match(/linear-gradient/g)).toHaveLength(ways);
});

test("what cannot be compared is said, and so is a link that leads nowhere", async ({ page }) => {
  await open(page, PAGE);
  await field(page, "side").first().selectOption("ledger");
  await page.getByRole("button", { name: "Play them" }).click();
  await expect(said(page)).toContainText("keep different things");
  await field(page, "side").first().selectOption("raft");
  await field(page, "until").first().fill("1000");
  await page.getByRole("button", { name: "Play them" }).click();
  await expect(said(page)).toContainText("Fault 1: expected two moments in order");
  await page.goto("about:blank");
  for (const [hash, why] of [["#AQ.x", "could not be opened"], ["#nonsense", "could not be opened"]]) {
    await page.goto(PAGE + hash);
    await expect(said(page)).toContainText(why);
    await expect(labels(page)).toHaveText(["Raft", "Two-phase commit"]);
    await page.goto("about:blank");
  }
});

test("by keyboard alone, on a phone", async ({ page }) => {
  await page.setViewportSize(PHONE);
  await open(page, PAGE);
  await field(page, "side").first().focus();
  await page.keyboard.type("Multi");
  await expect(field(page, "side").first()).toHaveValue(/^multi-paxos/);
  await field(page, "seed").focus();
  const loaded = page.waitForEvent("load");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await loaded;
  await expect(labels(page)).toHaveText([/^Multi-Paxos/, "Two-phase commit"]);
  await expect(field(page, "seed")).toHaveValue("2");
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(PHONE.width);
});
