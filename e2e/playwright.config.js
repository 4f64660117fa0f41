// The built site in a real browser, served twice: below a path, as project pages are, and at a
// host's root. Specs run below the path; those about loading run at the root too.
import { createServer } from "node:net";
import { defineConfig } from "@playwright/test";

// This file is read again by every worker; the ports are chosen once and handed down.
process.env.E2E_PORT_PATH ??= await freePort();
process.env.E2E_PORT_ROOT ??= await freePort();
const below = { port: process.env.E2E_PORT_PATH, path: "/some/path/" };
const root = { port: process.env.E2E_PORT_ROOT, path: "/" };
const url = ({ port, path }) => `http://127.0.0.1:${port}${path}`;

export default defineConfig({
  testDir: "tests",
  fullyParallel: true,
  forbidOnly: Boolean(process.env.CI),
  reporter: "list",
  workers: 2,
  // Nothing here is timed: a busy machine may take its time.
  timeout: 120_000,
  expect: { timeout: 20_000 },
  use: {
    browserName: "chromium",
    launchOptions: {
      executablePath: process.env.NETSPLIT_CHROME,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  projects: [
    { name: "below a path", use: { baseURL: url(below) } },
    { name: "at the root", use: { baseURL: url(root) }, testMatch: "load.spec.js" },
  ],
  webServer: [below, root].map((site) => ({
    command: `node server.js ${site.port} ${site.path}`,
    url: url(site),
  })),
});

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(String(port)));
    });
  });
}
