// What each protocol adds to the module. The page will hold a dozen of them, so one may not grow without being noticed.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isHeld, protocolWeights, releaseFunctions } from "../module.js";
import { protocols } from "../native.js";
import { expect, test } from "./site.js";

const BYTES_MAX = 12_000;
const TABLE = join(dirname(fileURLToPath(import.meta.url)), "..", "test-results", "protocols.txt");

test("every protocol is light", () => {
  test.slow();
  const names = protocols();
  const weights = protocolWeights(releaseFunctions(names), names);
  const rows = names.map((name, at) => [weights[at], name]);
  const lines = rows.map(([bytes, name]) => `      ${String(bytes).padStart(8)}  ${name}; at most ${BYTES_MAX}\n`);
  mkdirSync(dirname(TABLE), { recursive: true });
  writeFileSync(TABLE, `      bytes that each protocol adds to the module, brotli: its code as it is downloaded, without its strings\n${lines.join("")}`);
  for (const [bytes, name] of rows) {
    expect(bytes, `the code of ${name} was found in the module`).toBeGreaterThan(100);
    if (isHeld) expect(bytes, name).toBeLessThanOrEqual(BYTES_MAX);
  }
});
