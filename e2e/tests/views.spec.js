// The linked views of a figure, and the questions around it, as a reader meets them.
import { alive, expect, test } from "./site.js";

const CAP = "lessons/cap-two-bank-branches/";

async function open(page, path) {
  await page.goto(path);
  await alive(page);
}

// The end of a figure's run, by its scrubber.
async function toEnd(page, id) {
  await page.locator(`#${id} input[type=range]`).focus();
  await page.keyboard.press("End");
}

const tab = (page, id, name) => page.locator(`#${id}`).getByRole("tab", { name });

test("only the listed views are there, and arrow keys turn the tabs", async ({ page }) => {
  await open(page, CAP);
  await expect(page.locator("#cp").getByRole("tab")).toHaveText([/Space and time/, /Events/]);
  await tab(page, "cp", "Space and time").focus();
  await page.keyboard.press("ArrowRight");
  await expect(tab(page, "cp", "Events")).toBeFocused();
  await expect(tab(page, "cp", "Events")).toHaveAttribute("aria-selected", "true");
  await expect(page.locator("#cp .ev-row").first()).toBeVisible();
});

test("what has not been seen is not drawn, and what was seen stays when one goes back", async ({ page }) => {
  await open(page, CAP);
  const lost = page.locator("#cp .st-arrow.is-lost");
  const before = await lost.count();
  await toEnd(page, "cp");
  await page.locator("#cp input[type=range]").press("Home");
  await expect(page.locator("#cp .st-veil")).toHaveCount(1);
  expect(await page.locator("#cp .st-arrow").count()).toBeGreaterThan(before);
});

test("an arrow can be chosen by hand and by keys; it is the same in every view", async ({ page }) => {
  await open(page, CAP);
  await toEnd(page, "cp");
  await page.locator("#cp .st-arrow").last().dispatchEvent("click");
  const chosen = page.locator("#cp .st-arrow.is-chosen");
  await expect(chosen).toHaveCount(1);
  const sheet = page.locator("#cp .st-sheet");
  await expect(sheet).toHaveAttribute("aria-activedescendant", await chosen.getAttribute("id"));
  const first = await chosen.getAttribute("aria-label");
  expect(first).toMatch(/ to .*“.*”, \d+/);

  await sheet.focus();
  await page.keyboard.press("ArrowLeft");
  const now = page.locator("#cp .st [aria-selected=true]");
  await expect(now).toHaveCount(1);
  await expect(now).not.toHaveAttribute("aria-label", first);

  await tab(page, "cp", "Events").click();
  await expect(page.locator("#cp .ev-row.is-chosen")).toHaveCount(1);
});

test("of a long list only the rows in view are there, and every row knows its place", async ({ page }) => {
  await open(page, CAP);
  await toEnd(page, "cp");
  await tab(page, "cp", "Events").click();
  const rows = page.locator("#cp .ev-row");
  const all = Number(await rows.first().getAttribute("aria-setsize"));
  expect(all).toBeGreaterThan(60);
  expect(await rows.count()).toBeLessThan(30);
  await page.locator("#cp .ev-scroll").evaluate((list) => list.scrollTo(0, 0));
  await expect(rows.first()).toHaveAttribute("aria-posinset", "1");
  await page.locator("#cp").getByLabel("Events of").selectOption({ label: "Ben" });
  await expect.poll(async () => Number(await rows.first().getAttribute("aria-setsize"))).toBeLessThan(all);
});

test("the chain of causes can be walked back and forth", async ({ page }) => {
  await open(page, CAP);
  await toEnd(page, "cp");
  await tab(page, "cp", "Events").click();
  const one = page.locator("#cp .ev-one");
  const here = await one.locator(".ev-what").textContent();
  await one.locator(".ev-chain button").first().click();
  await expect(one.locator(".ev-what")).not.toHaveText(here);
  await one.getByText("It led to").locator("+ ol button", { hasText: here }).click();
  await expect(one.locator(".ev-what")).toHaveText(here);
});

test("arrow keys walk the events, and the focus goes along", async ({ page }) => {
  await open(page, CAP);
  await toEnd(page, "cp");
  await tab(page, "cp", "Events").click();
  await page.locator("#cp .ev-row.is-chosen .ev-say").focus();
  for (let step = 0; step < 12; step += 1) {
    const before = await page.locator("#cp .ev-one .ev-head").textContent();
    await page.keyboard.press("ArrowUp");
    await expect(page.locator("#cp .ev-one .ev-head")).not.toHaveText(before);
    await expect(page.locator("#cp .ev-row.is-chosen .ev-say")).toBeFocused();
  }
});

test("the inspector tells what a crash leaves from what it takes", async ({ page }) => {
  await open(page, "playground/");
  await tab(page, "playground", "Inspector").click();
  const nodes = page.locator("#playground .in-node");
  await expect(nodes.first().getByText("On disk: a crash leaves it")).toBeVisible();
  await expect(nodes.first().getByText("In memory: a crash takes it")).toBeVisible();
  await page.locator("#playground .in-who button").nth(1).click();
  await expect(nodes).toHaveCount(1);
});

test("a sentence of the verdict selects the operations that it names", async ({ page }) => {
  await open(page, CAP);
  await toEnd(page, "ap");
  const sentence = page.locator("#ap .verdict button.said").first();
  await sentence.click();
  await expect(sentence).toHaveAttribute("aria-pressed", "true");
  await expect(page.locator("#ap .st-op.is-kin")).toHaveCount(2);
});

test("a prediction is committed before the run, and compared with it after", async ({ page }) => {
  await open(page, CAP);
  const predict = page.locator(".predict").first();
  await predict.getByLabel("100, the last balance").check();
  await predict.getByRole("button", { name: "That is my guess" }).click();
  await expect(predict.getByText("Noted.")).toBeVisible();
  await expect(predict.getByText("What happened:")).toHaveCount(0);
  await toEnd(page, "cp");
  await expect(predict.getByText("It went another way.")).toBeVisible();
  await expect(predict.getByText("What happened:")).toBeVisible();
  await expect(predict.locator("label.is-right")).toContainText("It refuses");
  await predict.getByRole("button", { name: "Show that moment" }).click();
  await expect(page.locator("#cp .st-now")).toHaveText("1200 ms");
});

test("a prediction can be skipped", async ({ page }) => {
  await open(page, CAP);
  const predict = page.locator(".predict").first();
  await predict.getByRole("button", { name: "Skip" }).click();
  await toEnd(page, "cp");
  await expect(predict.getByText("What happened:")).toBeVisible();
  await expect(predict.getByText("It went another way.")).toHaveCount(0);
});

test("a goal is ticked by the run, and stays ticked", async ({ page }) => {
  await open(page, CAP);
  await page.locator("#three").getByRole("button", { name: /Each serves alone/ }).click();
  await toEnd(page, "three");
  const goals = page.locator("#three ~ .goals").first();
  const done = goals.locator("li.done");
  await expect(done.first()).toBeVisible();
  const ticked = await done.count();
  await expect(done.first()).toContainText("Reached.");
  await page.locator("#three input[type=range]").press("Home");
  await expect(done).toHaveCount(ticked);
});

test("one player moves both runs of a comparison, and what differs is said", async ({ page }) => {
  await open(page, CAP);
  const compare = page.locator(".compare");
  await compare.locator("input[type=range]").focus();
  await page.keyboard.press("End");
  await expect(compare.locator(".unlike").first()).toBeVisible();
  await expect(compare.locator(".differ p")).toHaveText([/CP.* refused \d of \d/, /AP.* answered all \d/]);
  await page.keyboard.press("Home");
  await expect(compare.locator(".differ p")).toHaveText([/Nobody has been answered yet/]);
});

test("every player keeps all that it has within its figure", async ({ page }) => {
  await open(page, CAP);
  for (const width of [320, 360, 760, 840]) {
    await page.setViewportSize({ width, height: 640 });
    const beyond = () => page.locator(".player").evaluateAll((players) =>
      players.flatMap((player) => {
        const edge = player.parentElement.getBoundingClientRect().right;
        const parts = [...player.querySelectorAll("button, input, .time")];
        return parts.filter((part) => part.getBoundingClientRect().right > edge).map((part) => part.outerHTML);
      }));
    await expect.poll(beyond, `${width} pixels wide`).toEqual([]);
  }
});

test("the diagram says the moment as the player says it", async ({ page }) => {
  await open(page, CAP);
  const figure = page.locator("#cp");
  await figure.locator("input[type=range]").press("ArrowRight");
  const moment = (await figure.locator(".player .time span").first().textContent()).trim();
  expect(moment).toBe("805 ms");
  await expect(figure.locator(".st-sheet svg text", { hasText: moment })).toHaveCount(1);
});

test("quick checks and cards answer to the keyboard", async ({ page }) => {
  await open(page, CAP);
  const question = page.locator(".quiz .question").first();
  await question.getByRole("button").first().focus();
  await page.keyboard.press("Enter");
  await expect(question.locator(".answer p")).toHaveCount(1);
  const card = page.locator("section.cards .card").first();
  await card.getByRole("button").focus();
  await page.keyboard.press(" ");
  await expect(card.locator("p")).toBeVisible();
  await page.keyboard.press(" ");
  await expect(card.locator("p")).toHaveCount(0);
});

test("on a phone time runs down, and nothing is smaller than one can read", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 640 });
  await open(page, CAP);
  const svg = page.locator("#cp .st-sheet svg");
  const box = await svg.boundingBox();
  expect(box.height).toBeGreaterThan(box.width);
  const smallest = await svg.evaluate((drawing) => {
    const scale = drawing.getBoundingClientRect().width / drawing.viewBox.baseVal.width;
    const sizes = [...drawing.querySelectorAll("text")].map((text) => parseFloat(getComputedStyle(text).fontSize));
    return Math.min(...sizes) * scale;
  });
  expect(smallest).toBeGreaterThanOrEqual(11);
});
