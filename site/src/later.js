// Loads what the page's module left out, and its styles: for the release this takes the place of an import in the glue.
// `wasm` is the glue's own name for the module's exports; what is loaded imports them. Nothing is loaded twice, but what
// failed may be asked for again.
const had = {};
const code = async (url) => {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`the rest of the module did not load (${response.status})`);
  await WebAssembly.instantiate(await response.arrayBuffer(), { __wasm_split: wasm });
};
const styles = (href) =>
  new Promise((onload, onerror) => {
    document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href, onload, onerror }));
  });
const load = (file) =>
  (had[file] ??= (file.endsWith("css") ? styles : code)(new URL(file, import.meta.url)).catch((error) => {
    delete had[file];
    throw error;
  }));
const loads =
  (...files) =>
  async (callback, data) => {
    let loaded = true;
    try {
      await Promise.all(files.map(load));
    } catch (error) {
      console.error(error);
      loaded = false;
    }
    wasm.__indirect_function_table.get(callback)(data, loaded);
  };
const NAME = {
LOADERS};
