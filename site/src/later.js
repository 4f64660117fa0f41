// Loads what the page's module left out, and its styles: for the release this takes the place of an import in the glue.
// `wasm` is the glue's own name for the module's exports; what is loaded imports them. Nothing is loaded twice, but what
// failed may be asked for again.
const FILES = {
LISTS};
const had = {};
const here = {};
const begin = (file, module) => {
  // It may have been wanted at once meanwhile.
  if (!here[file]) new WebAssembly.Instance(module, { __wasm_split: wasm });
  here[file] = true;
  had[file] = Promise.resolve();
};
const at = (file) => new URL(file, import.meta.url);
const check = (status, is) => {
  if (!is) throw new Error(`the rest of the module did not load (${status})`);
};
const code = async (file) => {
  const response = await fetch(at(file));
  check(response.status, response.ok);
  begin(file, await WebAssembly.compile(await response.arrayBuffer()));
};
const codeAtOnce = (file) => {
  const request = new XMLHttpRequest();
  request.open("GET", at(file), false);
  // No other kind of answer can be waited for: each letter is a byte.
  request.overrideMimeType("text/plain; charset=x-user-defined");
  request.send();
  check(request.status, request.status === 200);
  begin(file, new WebAssembly.Module(Uint8Array.from(request.response, (letter) => letter.charCodeAt())));
};
const styles = (file) =>
  new Promise((onload, onerror) => {
    document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: at(file), onload, onerror }));
  });
const load = (file) =>
  (had[file] ??= (file.endsWith("css") ? styles : code)(file).catch((error) => {
    delete had[file];
    throw error;
  }));
let isAtOnce = false;
const loadAtOnce = (on) => {
  isAtOnce = on;
};
// Has a protocol loaded.
export const need = (protocol) => Promise.all(FILES[protocol.replaceAll("-", "_")].map(load));
const loads =
  (files) =>
  async (callback, data) => {
    let loaded = true;
    try {
      // Before the first `await` nothing else happens.
      if (isAtOnce) for (const file of files) here[file] || codeAtOnce(file);
      else await Promise.all(files.map(load));
    } catch (error) {
      console.error(error);
      loaded = false;
    }
    wasm.__indirect_function_table.get(callback)(data, loaded);
  };
const NAME = {
LOADERS};
