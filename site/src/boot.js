// Starts the page's module and brings its widgets to life. The build fills in the two names;
// `import.meta.url` finds the files from a page at any depth, below any path.
const glue = new URL("./GLUE_FILE", import.meta.url);
const wasm = new URL("./WASM_FILE", import.meta.url);

async function compile() {
  const response = await fetch(wasm);
  if (!response.ok) throw new Error(`the module did not load (${response.status})`);
  // Some plain hosts do not know the type, without which a stream is refused.
  const isTyped = response.headers.get("content-type")?.startsWith("application/wasm");
  return isTyped
    ? WebAssembly.compileStreaming(response)
    : WebAssembly.compile(await response.arrayBuffer());
}

// What is clicked before the module is there is clicked anew once it is.
const clicked = [];
const remember = ({ target }) => {
  const button = target.closest(":is(.bar, .predict) :is(button, summary, label)");
  if (button) clicked.push(button);
};
addEventListener("click", remember);

// The still figures stay; each says why it stands still, and nothing in them looks as if it did not.
function tell(error) {
  console.error(error);
  for (const dead of document.querySelectorAll(":is(.bar, .predict) :is(button, input)")) dead.disabled = true;
  for (const place of document.querySelectorAll(".sim:not([data-alive]), .compare:not([data-alive])")) {
    const line = document.createElement("p");
    line.className = "failed";
    line.setAttribute("role", "status");
    line.textContent = "This figure stands still, because its program could not start here.";
    place.append(line);
  }
}

// Where a protocol cannot be had, what plays it says so when it is come to, and has it asked for again.
function part(plays, error) {
  console.error(error);
  for (const place of document.querySelectorAll("[data-widget=sim]:not([data-plays]), [data-widget=bench]")) place.dataset.plays = plays;
}

try {
  const [{ default: init, mount, need, replay }, module] = await Promise.all([import(glue), compile()]);
  await init({ module_or_path: module });
  const { plays } = document.body.dataset;
  if (plays) await need(plays).catch((error) => part(plays, error));
  // For teachers who script, and for tests.
  window.netsplit = { replay };
  mount();
  removeEventListener("click", remember);
  // Once the figures are drawn.
  setTimeout(() => clicked.forEach((button) => button.click()));
} catch (error) {
  tell(error);
}
