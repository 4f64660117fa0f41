// Loads what the page's module left out, and its styles: for the release this takes the place of an import in the glue.
// `wasm` is the glue's own name for the module's exports; what is loaded imports them.
const NAME = {
  async __wasm_split_load_later(callback, data) {
    const load = async () => {
      const response = await fetch(new URL("./MODULE_FILE", import.meta.url));
      if (!response.ok) throw new Error(`the rest of the module did not load (${response.status})`);
      return response.arrayBuffer();
    };
    const styles = document.createElement("link");
    styles.rel = "stylesheet";
    styles.href = new URL("./STYLES_FILE", import.meta.url);
    const styled = new Promise((resolve, reject) => {
      styles.onload = resolve;
      styles.onerror = () => reject(new Error("the styles of the rest did not load"));
    });
    document.head.append(styles);
    let loaded = false;
    try {
      const [bytes] = await Promise.all([load(), styled]);
      await WebAssembly.instantiate(bytes, { __wasm_split: wasm });
      loaded = true;
    } catch (error) {
      console.error(error);
      styles.remove();
    }
    wasm.__indirect_function_table.get(callback)(data, loaded);
  },
};
