// Reads the code of the release's WebAssembly modules as readers download it, with the names of its functions, which they
// do not download.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";

const SECTION = { custom: 0, imports: 2, code: 10 };
const IMPORT = { function: 0, table: 1, memory: 2, global: 3, tag: 4 };
const FUNCTION_NAMES = 1;

// Whether the release is held to what it weighs today: one that was built with the ordinary standard library, because
// the source of ours could not be had, is weighed all the same.
export const isHeld = process.env.NETSPLIT_LIBRARY !== "ordinary";

// In how many orders of the functions a difference is taken: what brotli makes of one order is chance, to some hundred
// bytes.
const ORDERS = 7;
const HERE = dirname(fileURLToPath(import.meta.url));

// Every function of the last build's release that a lesson can load, which plays one of these protocols: the build leaves
// copies of its modules that keep the names.
export function releaseFunctions(protocols) {
  const target = process.env.NETSPLIT_TARGET ?? join(HERE, "..", "target");
  const read = (name) => {
    const file = join(target, "wasm32-unknown-unknown", "page", `${name}.named.wasm`);
    if (!existsSync(file)) throw new Error(`expected the module at ${file}; \`cargo xtask build\` puts it there`);
    return functions(readFileSync(file));
  };
  const parts = protocols.map((name) => name.replaceAll("-", "_"));
  // What protocols share stands in the part of each: in the module that they make up it is there once.
  const known = new Set();
  const isNew = ({ name }) => name === "" || (!known.has(name) && known.add(name));
  return ["module", "later_solo", "later", ...parts].flatMap(read).filter(isNew);
}

// Every function of a module: `{ name, body }`.
export function functions(bytes) {
  const at = new Cursor(bytes, 8);
  let imported = 0;
  let bodies = [];
  let names = new Map();
  while (at.place < bytes.length) {
    const id = at.byte();
    const part = at.part();
    if (id === SECTION.imports) imported = importedFunctions(part);
    if (id === SECTION.code) bodies = part.list(() => part.part().rest());
    if (id === SECTION.custom && part.text() === "name") names = functionNames(part);
  }
  return bodies.map((body, index) => ({ name: names.get(imported + index) ?? "", body }));
}

// By how many bytes of brotli the code of each protocol makes the module heavier: its own functions, and the engine's
// that are compiled anew for it. Names in the compiler's `v0` mangling, which the release asks for, say for which types
// a function was compiled: those of a protocol hold its module's name, with its length in front.
export function protocolWeights(functions, protocols) {
  const orders = Array.from({ length: ORDERS }, (_, order) => {
    const first = Math.floor((order * functions.length) / ORDERS);
    return [...functions.slice(first), ...functions.slice(0, first)];
  });
  const mean = (weigh) => orders.reduce((sum, order) => sum + weigh(order), 0) / ORDERS;
  const all = mean(compressed);
  return protocols.map((protocol) => {
    const folder = protocol.replaceAll("-", "_");
    const own = new RegExp(`9protocols.*(?<!\\d)${folder.length}${folder}`);
    return Math.round(all - mean((order) => compressed(order.filter(({ name }) => !own.test(name)))));
  });
}

function compressed(functions) {
  return brotliCompressSync(Buffer.concat(functions.map(({ body }) => body))).length;
}

function importedFunctions(part) {
  const kinds = part.list(() => {
    part.text();
    part.text();
    const kind = part.byte();
    if (kind === IMPORT.function) part.number();
    else if (kind === IMPORT.table) part.byte(), limits(part);
    else if (kind === IMPORT.memory) limits(part);
    else if (kind === IMPORT.global) part.number(), part.byte();
    else if (kind === IMPORT.tag) part.byte(), part.number();
    else throw new Error(`expected a kind of import, found ${kind}`);
    return kind;
  });
  return kinds.filter((kind) => kind === IMPORT.function).length;
}

function limits(part) {
  const hasMost = part.number() & 1;
  part.number();
  if (hasMost) part.number();
}

function functionNames(part) {
  while (part.place < part.end) {
    const kind = part.byte();
    const names = part.part();
    if (kind === FUNCTION_NAMES) return new Map(names.list(() => [names.number(), names.text()]));
  }
  return new Map();
}

// A place in the bytes of a module, and how its numbers, texts and lists are read from there.
class Cursor {
  constructor(bytes, place = 0, end = bytes.length) {
    Object.assign(this, { bytes, place, end });
  }

  byte() {
    return this.bytes[this.place++];
  }

  // LEB128, unsigned.
  number() {
    let sum = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte();
      sum += (byte & 127) * factor;
      if (byte < 128) return sum;
    }
  }

  // What follows its own length.
  part() {
    const length = this.number();
    const part = new Cursor(this.bytes, this.place, this.place + length);
    this.place += length;
    return part;
  }

  rest() {
    return this.bytes.subarray(this.place, this.end);
  }

  text() {
    return this.part().rest().toString("utf8");
  }

  list(read) {
    return Array.from({ length: this.number() }, read);
  }
}
