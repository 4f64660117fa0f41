// Takes the place of the glue's own exports in the release. What wasm-bindgen has for other ways to begin is not used, and
// so goes when scripts are made light.
export default async function ({ module_or_path }) {
  return __wbg_finalize_init(await WebAssembly.instantiate(module_or_path, __wbg_get_imports()), module_or_path);
}
