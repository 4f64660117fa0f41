// The page /check/: takes in a history and has a worker judge it. What the worker says goes to the island, which draws it.
// A file of its own, so that nothing of this weighs on lessons.
const BYTES_MAX = 20 << 20;
// More than that is judged but not put into the field: laying it out would hold up the page. Up to the other, it is put
// there for whoever asks for a line of it.
const SHOWN_MAX = 32 << 10;
const SHOWN_IF_ASKED_MAX = 1 << 20;
// The last thing that a worker says: bytes that begin with 1, or one of these words.
const isLast = (said) => said[0] === 1 || /^(refused|stopped)/.test(said);

const form = document.querySelector(".check-in");
const out = document.querySelector("[data-widget=check]");
const [field, file, format, model, initial] = ["history", "file", "format", "model", "initial"].map((id) =>
  document.getElementById(id),
);
const cancel = form.querySelector(".check-cancel");

// The island gives the compiled module, and hears what there is to tell.
const island = new Promise((resolve) => {
  out.ready = resolve;
});

// What is judged when there is no text in the field.
let opened;
let worker;

// With it goes whether the lines that were put in stand in the field, or can.
const tell = (said) => out.tell([said, Boolean(field.value) || opened?.size <= SHOWN_IF_ASKED_MAX]);

function stop() {
  worker?.terminate();
  worker = undefined;
  cancel.disabled = true;
}

async function judge(bytes) {
  const module = await island;
  stop();
  const mine = new Worker(new URL("./WORKER_FILE", import.meta.url), { type: "module" });
  worker = mine;
  cancel.disabled = false;
  mine.addEventListener("message", ({ data }) => {
    if (worker !== mine) return;
    if (isLast(data)) stop();
    tell(data);
    // The verdict, or why there is none, comes into view with much of what stands below it.
    if (typeof data !== "string" || isLast(data)) out.firstElementChild?.scrollIntoView({ block: "nearest" });
  });
  mine.addEventListener("error", (event) => {
    event.preventDefault();
    if (worker !== mine) return;
    stop();
    tell("stopped\t0\tThe check stopped: its program could not go on.");
  });
  tell("reading");
  mine.postMessage([module, [bytes, format.value, model.value, initial.value]], [bytes.buffer]);
}

async function refuse(words) {
  stop();
  await island;
  tell("reading");
  tell(`stopped\t0\t${words}`);
}

async function open(blob) {
  if (blob.size > BYTES_MAX) {
    const megabytes = Math.ceil(blob.size / (1 << 20));
    refuse(`This file has ${megabytes} MB; the page takes up to 20 MB. The command line takes more: netsplit check.`);
    return;
  }
  const buffer = await blob.arrayBuffer();
  opened = buffer.byteLength > SHOWN_MAX ? blob : undefined;
  field.value = opened ? "" : new TextDecoder().decode(buffer);
  field.placeholder = opened ? `${blob.name}: too long to be shown here` : "";
  await judge(new Uint8Array(buffer));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (field.value || !opened) open(new Blob([field.value]));
  else open(opened);
});

cancel.addEventListener("click", () => {
  stop();
  tell("stopped\t0\tCancelled: not judged.");
});

file.addEventListener("change", () => {
  if (file.files[0]) open(file.files[0]);
});

// Whatever is long is pasted as a file is dropped, unless it is to stand between other lines.
field.addEventListener("paste", (event) => {
  const text = event.clipboardData.getData("text/plain");
  const isAlone = field.selectionEnd - field.selectionStart === field.value.length;
  if (text.length <= SHOWN_MAX || !isAlone) return;
  event.preventDefault();
  open(new File([text], "What was pasted"));
});

// A file is dropped anywhere on the form.
const over = (is) => form.classList.toggle("is-over", is);
form.addEventListener("dragover", (event) => {
  if (!event.dataTransfer.types.includes("Files")) return;
  event.preventDefault();
  over(true);
});
form.addEventListener("dragleave", ({ relatedTarget }) => over(form.contains(relatedTarget)));
form.addEventListener("drop", (event) => {
  over(false);
  const [dropped] = event.dataTransfer.files;
  if (!dropped) return;
  event.preventDefault();
  open(dropped);
});

// To the line that an error names.
out.addEventListener("click", async ({ target }) => {
  const line = Number(target.closest("[data-line]")?.dataset.line);
  if (!line) return;
  if (!field.value && opened) field.value = await opened.text();
  const before = field.value.split("\n").slice(0, line - 1);
  const start = before.reduce((sum, one) => sum + one.length + 1, 0);
  const end = field.value.indexOf("\n", start);
  field.focus();
  field.setSelectionRange(start, end < 0 ? field.value.length : end);
  field.scrollTop = field.scrollHeight * (line / field.value.split("\n").length) - field.clientHeight / 2;
});

function example() {
  const name = location.hash.match(/^#example=([a-z-]+)$/)?.[1];
  const text = name && document.getElementById(`example-${name}`)?.textContent;
  if (!text) return;
  for (const choice of [format, model, initial]) choice.value = "";
  open(new Blob([text]));
}
addEventListener("hashchange", example);
// One that was opened already is opened again.
document.querySelector(".check-examples").addEventListener("click", ({ target }) => {
  if (target.hash === location.hash) example();
});
example();
