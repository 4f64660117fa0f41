// All consistency models under a figure: which hold at the moment that is looked at, and what breaks the others.
import { PHONE, WIDE, expect, expectAccessible, open, scrubber, test } from "./site.js";

const CAP = "lessons/cap-two-bank-branches/";
const opener = (page, id) => page.locator(`#${id}`).getByRole("button", { name: "All as a lattice" });
const model = (page, id, name) => page.locator(`#${id} .la`).getByRole("button", { name: new RegExp(`^\\W*${name}`) });
const told = (page, id) => page.locator(`#${id} .la-told`);

// The lattice of a figure at the end of its run.
async function atEnd(page, id) {
  await scrubber(page, id).focus();
  await page.keyboard.press("End");
  await opener(page, id).click();
  await expect(page.locator(`#${id} .la-rung`)).toHaveCount(8);
}

test("it is closed until somebody opens it, and then shows how each model stands", async ({ page }) => {
  await open(page, CAP);
  await expect(page.locator(".la")).toHaveCount(0);
  await expect(opener(page, "ap")).toHaveAttribute("aria-expanded", "false");
  await atEnd(page, "ap");
  await expect(opener(page, "ap")).toHaveAttribute("aria-expanded", "true");
  await expect(page.locator("#ap .la-rung small")).toHaveText([
    "broken",
    "holds · strongest",
    ...Array(6).fill("holds"),
  ]);
  // By shape too: what is broken has a broken edge.
  const edge = (name) => model(page, "ap", name).evaluate((rung) => getComputedStyle(rung).borderTopStyle);
  expect([await edge("Linearizable"), await edge("Sequential")]).toEqual(["dashed", "solid"]);
  await expect(told(page, "ap")).toContainText("may turn good later");
  await opener(page, "ap").click();
  await expect(page.locator(".la")).toHaveCount(0);
});

test("a broken model is told of, and selects what breaks it in every view", async ({ page }) => {
  await open(page, CAP);
  await atEnd(page, "ap");
  await model(page, "ap", "Linearizable").click();
  await expect(model(page, "ap", "Linearizable")).toHaveAttribute("aria-pressed", "true");
  await expect(told(page, "ap").getByRole("button", { name: /Ben read 100/ })).toHaveAttribute("aria-pressed", "true");
  // The strip's own sentence is the same one.
  await expect(page.locator("#ap .verdict button.said").first()).toHaveAttribute("aria-pressed", "true");
  await expect(page.locator("#ap .st-op.is-kin")).toHaveCount(2);
  const views = page.locator("#ap .views");
  await views.getByRole("tab", { name: "Events" }).click();
  await expect(page.locator("#ap .ev-row.is-chosen").first()).toBeVisible();
  // The last of the answers that the sentence is about, and what else there is of these operations.
  await expect(page.locator("#ap .ev-row.is-chosen.is-kin")).toHaveText(/Ben/);
  expect(await page.locator("#ap .ev-row.is-kin").count()).toBeGreaterThan(1);
  await views.getByRole("tab", { name: "Operations" }).click();
  await expect(page.locator("#ap .op.is-chosen")).toHaveCount(2);
  // Once more, and nothing is selected.
  await model(page, "ap", "Linearizable").click();
  await expect(page.locator("#ap .op.is-chosen")).toHaveCount(0);
  await expect(model(page, "ap", "Linearizable")).toHaveAttribute("aria-pressed", "false");
  // One that holds is told of, and blames nobody.
  await model(page, "ap", "Causal").click();
  await expect(told(page, "ap")).toContainText("Whoever sees something also sees what it rests on.");
  await expect(told(page, "ap")).toContainText("It holds so far.");
  await expect(page.locator("#ap .op.is-chosen")).toHaveCount(0);
  // An operation marks the models that it breaks.
  await page.locator("#ap .op.is-blamed .op-bar").first().click();
  await expect(page.locator("#ap .la-rung.is-kin b")).toHaveText(["✕Linearizable"]);
  await model(page, "ap", "Linearizable").click();
  await expect(page.locator("#ap .op.is-chosen")).toHaveCount(2);
  await page.locator("#ap .op.is-blamed .op-bar").first().click();
  await expect(model(page, "ap", "Linearizable")).toHaveAttribute("aria-pressed", "false");
});

test("all of it goes by keyboard, and a model says all about itself", async ({ page }) => {
  await open(page, CAP);
  await scrubber(page, "ap").focus();
  await page.keyboard.press("End");
  await opener(page, "ap").focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await expect(model(page, "ap", "Linearizable")).toBeFocused();
  await expect(model(page, "ap", "Linearizable")).toHaveAccessibleName(/Linearizable\s*broken\s*\. One order of all operations.*Ben read 100/);
  await page.keyboard.press("Space");
  await expect(model(page, "ap", "Linearizable")).toHaveAttribute("aria-pressed", "true");
  await expect(model(page, "ap", "Linearizable")).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(model(page, "ap", "Sequential")).toBeFocused();
  // Keys that move the run do so from here, and the focus stays.
  await page.keyboard.press("Home");
  await expect(page.locator("#ap .la-rung small").first()).toHaveText("not judged yet");
  await expect(model(page, "ap", "Sequential")).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(told(page, "ap")).toContainText("keeps everybody’s own");
});

test("it follows the moment, and says what the replicas hold", async ({ page }) => {
  await open(page, CAP);
  await atEnd(page, "ap");
  const words = page.locator("#ap .la-rung small");
  await scrubber(page, "ap").fill("500000");
  await expect(words).toHaveText(["holds · strongest", ...Array(7).fill("holds")]);
  await expect(told(page, "ap")).toContainText("The branches hold the same.");
  // Ann's deposit is in one book alone while the line is cut.
  await scrubber(page, "ap").fill("1200000");
  await expect(words.first()).toHaveText("broken");
  const behind = told(page, "ap").getByRole("button", { name: "Not yet: South lacks something that another has." });
  await behind.click();
  await expect(behind).toHaveAttribute("aria-pressed", "true");
  await expect(page.locator("#ap .stage .node.selected").first()).toBeVisible();
  await scrubber(page, "ap").press("End");
  await expect(told(page, "ap")).toContainText("The branches hold the same.");
});

test("while a long run plays, what is shown says of which moment it is", async ({ page }) => {
  await open(page, "playground/");
  await page.getByText("Settings").click();
  await page.getByLabel("scenario").selectOption("bank-five-load");
  const moment = page.getByRole("slider", { name: "Moment" });
  await moment.fill("20000000");
  await opener(page, "playground").click();
  await expect(page.locator("#playground .la-rung small").first()).toHaveText(/holds|broken/);
  await expect(page.locator("#playground .la-before")).toHaveCount(0);
  await page.getByRole("button", { name: "Play", exact: true }).click();
  await expect(page.locator("#playground .la-before")).toHaveText(/^As of 20\d{3} ms\. It is judged anew when time stands still\.$/);
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await expect(page.locator("#playground .la-before")).toHaveCount(0);
});

test("two runs side by side have a lattice each", async ({ page }) => {
  await open(page, CAP);
  const compare = page.locator(".compare");
  await compare.locator("input[type=range]").focus();
  await page.keyboard.press("End");
  // One opens both: they are there to be compared.
  const openers = compare.getByRole("button", { name: "All as a lattice" });
  await openers.first().click();
  await expect(compare.locator(".la")).toHaveCount(2);
  await expect(compare.locator(".la-rung.at-0 small")).toHaveText(["holds · strongest", "broken"]);
});

test("readers who were told different things are named, and selected with what they read", async ({ page }) => {
  await open(page, "playground/");
  await page.getByText("Settings").click();
  await page.getByLabel("scenario").selectOption("bank-two-cut");
  await page.getByLabel(/^policy/).selectOption({ label: "Serve what we know" });
  // Ben has been told 100; Ann, who has put in another 100, asks too.
  const moment = page.getByRole("slider", { name: "Moment" });
  await moment.fill("850000");
  await page.locator(".stage .person").first().click();
  await page.locator(".menu").getByRole("button", { name: /balance/i }).first().click();
  await moment.fill("950000");
  await opener(page, "playground").click();
  await page.locator("#playground").getByRole("tab", { name: "Operations" }).click();
  const differ = told(page, "playground").getByRole("button", { name: /^\W*Not yet: Ben read 100 .* Ann read 200/ });
  await differ.click();
  await expect(differ).toHaveAttribute("aria-pressed", "true");
  await expect(page.locator("#playground .op.is-chosen")).toHaveCount(2);
});

for (const [size, viewport] of Object.entries({ wide: WIDE, phone: PHONE })) {
  for (const colorScheme of ["light", "dark"]) {
    test(`axe finds nothing in the lattice, ${colorScheme}, ${size}`, async ({ page }) => {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await open(page, CAP);
      await atEnd(page, "ap");
      await model(page, "ap", "Linearizable").click();
      await expectAccessible(page, { within: "#ap" });
    });
  }
}

test("on the narrowest screen it fits, and each model can be hit", async ({ page }) => {
  await page.setViewportSize({ width: 320, height: 640 });
  await open(page, CAP);
  await atEnd(page, "ap");
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  const rungs = page.locator("#ap .la-rung");
  const boxes = await rungs.evaluateAll((all) => all.map((rung) => {
    const { width, height } = rung.getBoundingClientRect();
    return { width, height, spills: rung.scrollWidth > rung.clientWidth + 1 };
  }));
  for (const box of boxes) {
    expect(Math.min(box.width, box.height)).toBeGreaterThanOrEqual(44);
    expect(box.spills).toBe(false);
  }
});
