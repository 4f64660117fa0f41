// The native command line, which runs the same core as the page.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

// What `netsplit` prints.
export function netsplit(...args) {
  const binary = process.env.NETSPLIT_CLI ?? join(root, "target", "debug", "netsplit");
  if (!existsSync(binary)) throw new Error(`expected the command line at ${binary}; \`cargo build -p netsplit-cli\` puts it there`);
  return execFileSync(binary, args, { encoding: "utf8", maxBuffer: 64 << 20 });
}

// The names of the protocols, in the order of the registry.
export function protocols() {
  return JSON.parse(netsplit("systems", "--json")).protocols.map(({ name }) => name);
}
