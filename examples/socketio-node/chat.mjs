// A chat in a terminal, over the socket.io-client that is installed here, of any version.
//
//   node chat.mjs [--server http://localhost:5001] [--name Ada] [--transport websocket|polling|both] [--resume]
//
// Each line that you type is sent to the room. Each event that arrives is printed as one line of JSON.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    server: { type: "string", default: "http://localhost:5001" },
    name: { type: "string", default: "Ada" },
    transport: { type: "string", default: "both" },
    resume: { type: "boolean", default: false },
  },
});

// `SOCKETIO_MODULES` names another node_modules than the one beside this file.
const modules = process.env.SOCKETIO_MODULES ?? new URL("node_modules", import.meta.url).pathname;
const client = createRequire(`${modules}/here.js`)("socket.io-client");
const io = client.io ?? client;

const print = (...what) => console.log(JSON.stringify(what));

// The last known position of each topic. A server that gets it back sends the missed events, each once.
const positions = {};
const keepPosition = (at) => (positions[at.topic] = at);

const socket = io(values.server, {
  transports: values.transport === "both" ? ["polling", "websocket"] : [values.transport],
  auth: (answer) => answer(values.resume ? { positions } : {}),
});

// A server may also send events of these two names to announce other clients: docs/compatibility.md.
socket.on("connect", (announcement) => print("connect", socket.id, announcement));
socket.on("disconnect", (reason) => print("disconnect", reason));
socket.on("connected", (announcement) => print("connected", announcement));
socket.on("disconnected", (announcement) => print("disconnected", announcement));
socket.on("refused", (refusal) => print("refused", refusal));
socket.on("position", keepPosition);
socket.on("reset", keepPosition);
socket.on("data", (message) => print("data", message));
socket.on("my response", (message, ...rest) => {
  // The last argument is the acknowledgement that the server requests; with `--resume`, the position precedes it.
  const confirm = rest.find((it) => typeof it === "function");
  const at = rest.find((it) => typeof it === "object");
  if (at) keepPosition(at);
  if (confirm) confirm("got it");
  print("my response", message, socket.io.engine.transport.name);
});

createInterface({ input: process.stdin })
  .on("line", (message) => {
    socket.emit("my event", { user_name: values.name, message }, (ack) => print("ack", ack));
  })
  .on("close", () => socket.close());
