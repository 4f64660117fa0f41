// The page and the command line compute the same runs, byte for byte.
import { netsplit } from "../native.js";
import { alive, expect, test } from "./site.js";

const RUNS = 60;

test(`${RUNS} random runs with faults come out in the browser as they do natively`, async ({ page }) => {
  const links = netsplit("sample", "--runs", String(RUNS), "--seed", "1").trim().split("\n");
  expect(links).toHaveLength(RUNS);
  await page.goto("playground/");
  await alive(page);
  for (const link of links) {
    const last = netsplit("replay", "--", link).trimEnd().split("\n").at(-1);
    const { digest, events, verdict } = await page.evaluate((link) => window.netsplit.replay(link), link);
    expect(`digest ${digest} events ${events} verdict ${verdict}`, link).toBe(last);
  }
});

test("a link that is none throws a sentence", async ({ page }) => {
  await page.goto("playground/");
  await alive(page);
  const wrong = await page.evaluate(() => {
    try {
      return window.netsplit.replay("no link at all");
    } catch (error) {
      return [error instanceof Error, error.message];
    }
  });
  expect(wrong).toEqual([true, expect.stringMatching(/\w+ \w+/)]);
});
