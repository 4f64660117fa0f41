// A developer's build only: reloads the page when trunk has rebuilt it.
const address = new URL("/.well-known/trunk/ws", location.href);
address.protocol = "ws:";
const socket = new WebSocket(address);
socket.addEventListener("message", ({ data }) => {
  if (JSON.parse(data).type === "reload") location.reload();
});
