// The `ws` package: it relays each text on / to all clients, and echoes texts on /echo.
//
//   NODE_PATH=… MADANG_PEER_PORT=… node ws.mjs

import { createRequire } from "node:module";

// `require` searches NODE_PATH; `import` does not.
const { WebSocketServer, WebSocket } = createRequire(import.meta.url)("ws");
const port = Number(process.env.MADANG_PEER_PORT);
const server = new WebSocketServer({ host: "127.0.0.1", port });

server.on("connection", (socket, request) => {
  const echo = request.url === "/echo";
  socket.on("error", () => {});
  socket.on("message", (data, binary) => {
    if (echo) return socket.send(data, { binary });
    for (const client of server.clients) {
      if (client.readyState === WebSocket.OPEN) client.send(data, { binary });
    }
  });
});
server.on("listening", () => console.log(`ws is listening on http://127.0.0.1:${port}`));
process.on("SIGTERM", () => process.exit(0));
