// Loads what the page's module left out: for the release this takes the place of an import in the glue. `initSync` is
// the glue's own and gives the module's exports, once it runs; what is loaded imports them.
const NAME = {
  async __wasm_split_load_later(callback, data) {
    const exports = initSync();
    let loaded = false;
    try {
      const response = await fetch(new URL("./LATER_FILE", import.meta.url));
      if (!response.ok) throw new Error(`the rest of the module did not load (${response.status})`);
      await WebAssembly.instantiate(await response.arrayBuffer(), { __wasm_split: exports });
      loaded = true;
    } catch (error) {
      console.error(error);
    }
    exports.__indirect_function_table.get(callback)(data, loaded);
  },
};
