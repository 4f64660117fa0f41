// A newcomer's way through the lessons: guess, run, compare; reach every goal; answer the quick check; turn the cards.
import { PAGES, alive, awake, expect, test } from "./site.js";

const LESSONS = ["lessons/two-servers-one-balance/", "lessons/cap-two-bank-branches/", "lessons/cart-that-doubled/", "lessons/locks-and-sessions/"];

// What a reader does to tick what is not ticked by playing on: a figure, and which button, which settings, or what else.
const WAYS = {
  "lessons/two-servers-one-balance/": [
    ["three", "Answer what it has"],
    ["three", "Wait and ask"],
    ["three", "Refuse when unsure"],
  ],
  "lessons/cap-two-bank-branches/": [
    ["menu", { policy: "All must agree", reads: "Answer what it has" }],
    ["menu", { policy: "Serve what we know" }],
    ["three", "Most must agree"],
    ["three", "All must agree"],
    ["three", "Each serves alone"],
    ["race", "Serve what we know"],
    ["race", "Both must agree"],
    ["lww", "Last writer wins"],
    ["lww", "Replay every line"],
  ],
  "lessons/cart-that-doubled/": [
    ["doubled", toTheEnd],
    ["lag", "Show at once"],
    ["lag", (figure) => asks(figure, 120, 1, "Look into the cart")],
    ["devices", "Both are one session"],
    ["card", (figure) => asks(figure, 1_200, 1, "Withdraw 100", 100)],
    ["primary", toTheEnd],
    ["timer", toTheEnd],
    ["timer", { "primary for": 10_000 }],
    ["position", toTheEnd],
    ["position", { "apply after": 8_000 }],
    ["position", "A session a tab"],
    ["sandbox", { reads: "Wait for my last write" }],
    ["sandbox", { reads: "Wait for my last write", "wait at most": 100 }],
    ["sandbox", (figure) => asks(figure, 120, 1, "Look into the cart")],
    ["sandbox", lose],
  ],
  "lessons/locks-and-sessions/": [
    ["session", heal],
    ["jeopardy", silence],
  ],
};

async function toTheEnd(figure) {
  await figure.locator(".sim-body").focus();
  await figure.page().keyboard.press("End");
  for (let step = 0; step < 12; step += 1) await figure.page().keyboard.press("Shift+ArrowLeft");
}

const goTo = (figure, ms) => figure.getByRole("slider", { name: "Moment" }).fill(String(ms * 1_000));

// Opens the menu of a thing on the stage, and presses a button there.
async function does(figure, thing, button, amount) {
  await figure.locator(`.stage ${thing}`).focus();
  await figure.page().keyboard.press("Enter");
  const menu = figure.locator(".menu");
  if (amount) await menu.getByRole("spinbutton", { name: "Amount" }).fill(String(amount));
  await menu.getByRole("button", { name: button }).click();
}

// Somebody asks for something at this moment, and time goes on.
async function asks(figure, ms, person, button, amount) {
  await goTo(figure, ms);
  await does(figure, `.person >> nth=${person}`, button, amount);
  await toTheEnd(figure);
}

// A confirmed write is lost: the primary is cut off, takes one more, and another takes over.
async function lose(figure) {
  await figure.getByRole("button", { name: "Reset" }).click();
  await goTo(figure, 1_400);
  await does(figure, "[data-target=n0]", /^Cut it off/);
  await goTo(figure, 1_500);
  await does(figure, ".person >> nth=0", "Add a lamp");
  await goTo(figure, 1_700);
  await does(figure, "[data-target=n1]", /^Promote/);
  await toTheEnd(figure);
}

// The lines are mended before the session of whoever is cut off is over.
async function heal(figure) {
  await goTo(figure, 1_200);
  await figure.getByRole("button", { name: "Mend the lines" }).click();
  await toTheEnd(figure);
}

// Nobody is left to be the next master.
async function silence(figure) {
  await goTo(figure, 1_800);
  for (const server of [1, 2]) await does(figure, `[data-target=n${server}]`, /^Cut the power/);
  await toTheEnd(figure);
}

// Steps on from where a figure stands, as one does who looks at everything.
async function walk(figure) {
  await figure.locator(".sim-body").focus();
  for (let step = 0; step < 60; step += 1) await figure.page().keyboard.press("ArrowRight");
}

// Pages that are lists of links, to lessons and to runs of the playground, have no figure of their own.
const LISTS = ["lessons/", "rules/", "proof/"];

for (const path of PAGES.filter((path) => !LISTS.includes(path))) {
  for (const [width, height] of [[360, 640], [1280, 720]]) {
    test(`there is something to touch on the first screen of /${path}, ${width} wide`, async ({ page }) => {
      await page.setViewportSize({ width, height });
      await page.goto(path);
      await awake(page);
      // On the page for histories it is what opens an example: its island is what comes of one.
      const touchable = page.locator("[data-widget] :is(button:enabled, label, [data-target]), .check-examples a");
      const seen = () =>
        touchable.evaluateAll((all) => {
          const isSeen = ({ top, bottom }) => top >= 0 && bottom <= innerHeight;
          return all.filter((one) => isSeen(one.getBoundingClientRect())).length;
        });
      await expect.poll(seen).toBeGreaterThan(0);
    });
  }
}

for (const path of LESSONS) {
  test(`every guess on /${path} is compared with what happened`, async ({ page }) => {
    await page.goto(path);
    await alive(page);
    const predictions = page.locator(".predict");
    for (let i = 0; i < (await predictions.count()); i += 1) {
      const one = predictions.nth(i);
      const { right, choices } = JSON.parse(await one.getAttribute("data-options"));
      const guess = i % 2 ? right : (right + 1) % choices.length;
      await one.getByText(choices[guess].text, { exact: true }).click();
      await one.getByRole("button", { name: "That is my guess" }).click();
      await one.getByRole("button", { name: "Show that moment" }).click();
      await expect(one).toContainText(i % 2 ? "You saw it coming" : "It went another way");
      await expect(one).toContainText(choices[guess].says);
    }
  });

  test(`every goal on /${path} can be reached by a reader`, async ({ page }) => {
    test.setTimeout(90_000);
    await page.goto(path);
    await alive(page);
    for (const [id, way] of WAYS[path]) {
      const figure = page.locator(`#${id}`);
      if (typeof way === "string") {
        await figure.getByRole("button", { name: way }).click();
        await toTheEnd(figure);
      } else if (typeof way === "function") {
        await way(figure);
      } else {
        await figure.getByRole("button", { name: "Reset" }).click();
        if (!(await figure.locator("details.settings").evaluate((one) => one.open)))
          await figure.getByText("Settings", { exact: true }).click();
        for (const [name, choice] of Object.entries(way)) {
          const field = figure.getByLabel(new RegExp(`^${name}`));
          if (typeof choice === "string") await field.selectOption(choice);
          else await field.fill(String(choice)), await field.blur();
        }
        await walk(figure);
        await toTheEnd(figure);
      }
    }
    for (const goal of await page.locator(".goals li").all()) await expect(goal).toHaveClass("done");
  });

  test(`the quick check and the cards on /${path} answer`, async ({ page }) => {
    await page.goto(path);
    await alive(page);
    for (const question of await page.locator(".question").all()) {
      await question.getByRole("button").last().click();
      await expect(question).toContainText(/Right\.|No\./);
    }
    const card = page.locator("section.cards .card").first();
    await card.getByRole("button").click();
    await expect(card.locator("p")).toBeVisible();
  });

  test(`/${path} prints with its pictures and without its buttons`, async ({ page }) => {
    await page.goto(path);
    await alive(page);
    await page.emulateMedia({ media: "print" });
    await expect(page.locator(".sim .stage").first()).toBeVisible();
    await expect(page.locator(".sim .player").first()).toBeHidden();
    await expect(page.locator(".neighbours")).toBeHidden();
  });
}

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false, expected: /^failed: .*\.(js|wasm)$/ });
  for (const path of LESSONS) {
    test(`the figures on /${path} stand still and make their point`, async ({ page }) => {
      await page.goto(path);
      for (const figure of await page.locator(".sim").all()) {
        await expect(figure.locator(".stage:visible")).toHaveCount(1);
        await expect(figure.locator(".now")).not.toBeEmpty();
        await expect(figure.locator(".verdict")).toContainText("Consistent");
        await expect(figure.locator("button:visible")).toHaveCount(0);
      }
      await page.locator("section.cards summary").first().click();
      await expect(page.locator("section.cards p").first()).toBeVisible();
    });
  }
});

test("a guess sets its figure as it supposes, and speaks of no other run", async ({ page }) => {
  await page.goto("lessons/break-the-rules/");
  await alive(page);
  const guess = page.locator(".predict").first();
  const ways = page.locator("#votes .variants button");
  await expect(ways.nth(0)).toHaveAttribute("aria-pressed", "true");
  await guess.getByText("Votes are split, nobody leads").click();
  await guess.getByRole("button", { name: "That is my guess" }).click();
  await expect(ways.nth(1)).toHaveAttribute("aria-pressed", "true");
  await expect(guess.getByRole("status")).toContainText("set like that");
  await guess.getByRole("button", { name: "Show that moment" }).click();
  await expect(guess.getByRole("status")).toContainText("It went another way");
  await expect(page.locator("#votes .verdict")).toContainText("Ben read 0");
  await expect(page.locator("#votes")).toContainText("What happened: Both lead");
  await ways.nth(0).click();
  await expect(page.locator("#votes")).not.toContainText("What happened: Both lead");
  await expect(guess.getByRole("status")).toContainText("another run by now");
});
