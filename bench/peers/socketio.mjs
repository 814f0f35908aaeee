// Socket.IO on Node.js: it relays each text to all clients.
//
//   NODE_PATH=… MADANG_PEER_PORT=… node socketio.mjs

import { createServer } from "node:http";
import { createRequire } from "node:module";

// `require` searches NODE_PATH; `import` does not.
const { Server } = createRequire(import.meta.url)("socket.io");
const port = Number(process.env.MADANG_PEER_PORT);
const http = createServer();
const io = new Server(http);

io.on("connection", (socket) => {
  socket.on("data", (text) => io.emit("data", text));
});
http.listen(port, "127.0.0.1", () =>
  console.log(`Socket.IO is listening on http://127.0.0.1:${port}`),
);
process.on("SIGTERM", () => process.exit(0));
