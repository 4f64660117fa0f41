// Judges histories beside the page, which hands over its compiled module. It says how far it is as it goes.
import init, { judge } from "./GLUE_FILE";

const stopped = (words) => `stopped\t0\t${words}`;

addEventListener("message", async ({ data: [module, asked] }) => {
  await init({ module_or_path: module });
  judge(asked, (said) => postMessage(said ?? stopped("What judges could not be loaded. Try again.")));
});

// A program that stops says so only in a promise that nobody waits for.
addEventListener("unhandledrejection", ({ reason }) => {
  console.info(reason);
  postMessage(stopped("The check stopped: this history is more than it can hold."));
});
