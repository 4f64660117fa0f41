// A page in somebody else's frame, in which storage throws.
import { alive, awake, expect, test } from "./site.js";

// The browser warns about every such frame, also one from the same host.
test.use({ expected: /can escape its sandboxing/ });

test("a frame shows the run that it is sent, and that is the one to come back to", async ({ page }) => {
  await page.goto("playground/");
  await alive(page);
  await page.getByRole("button", { name: "Cut in two" }).click();
  await page.getByRole("button", { name: "Share" }).click();
  const snippet = await page.getByLabel("To put this figure into a page of yours").inputValue();
  await page.goto("about:blank");
  await page.goto(snippet.match(/src="([^"]+)"/)[1]);
  await alive(page);
  await expect(page.locator(".caption").first()).toContainText("1 change of yours");
  await expect(page.locator(".branches")).toHaveCount(0);
  await page.getByRole("button", { name: "Step", exact: true }).click();
  await page.getByRole("button", { name: "Reset" }).click();
  await expect(page.locator(".caption").first()).toContainText("1 change of yours");
});

test("a page lives in a frame without storage", async ({ page, baseURL }) => {
  await page.addInitScript(() => {
    for (const name of ["localStorage", "sessionStorage", "indexedDB"]) {
      Object.defineProperty(window, name, {
        get() {
          throw new DOMException("no storage in this frame", "SecurityError");
        },
      });
    }
  });
  await page.route("**/host.html", (route) =>
    route.fulfill({
      contentType: "text/html",
      body: `<!doctype html><title>A blog</title><link rel="icon" href="data:,">
             <iframe title="Netsplit" width="800" height="600"
               sandbox="allow-scripts allow-same-origin" src="${baseURL}embed/"></iframe>`,
    }),
  );
  await page.goto("host.html");
  const frame = page.frameLocator("iframe");
  await awake(frame);
  const time = frame.locator(".player .time");
  const before = await time.textContent();
  // Keys stay with the page around it until the figure has the focus.
  await page.keyboard.press("ArrowRight");
  expect(await time.textContent()).toBe(before);
  await frame.getByRole("button", { name: "Step", exact: true }).click();
  await expect(time).not.toHaveText(before);
});
