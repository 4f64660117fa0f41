// A static host as plain as they come: files, types, `index.html` for a folder, nothing else.
// Usage: node server.js PORT PATH
import { createServer } from "node:http";
import { readFile, stat } from "node:fs/promises";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const DIST = join(dirname(fileURLToPath(import.meta.url)), "..", "dist");
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".wasm": "application/wasm",
  ".svg": "image/svg+xml",
};

const [port, path] = process.argv.slice(2);

createServer(async (request, response) => {
  const { pathname } = new URL(request.url, "http://host");
  const below = normalize(decodeURIComponent(pathname));
  const answer = (status, headers, body) => response.writeHead(status, headers).end(body);
  if (!below.startsWith(path)) return answer(404, {}, "not here");
  let file = join(DIST, below.slice(path.length));
  try {
    if ((await stat(file)).isDirectory()) {
      if (!below.endsWith("/")) return answer(301, { location: `${below}/` });
      file = join(file, "index.html");
    }
    answer(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" }, await readFile(file));
  } catch {
    answer(404, {}, "not found");
  }
}).listen(Number(port), "127.0.0.1");
