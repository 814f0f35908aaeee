// Serves the page that build.mjs built, and sends messages on commands from its standard input:
//
//   template FILE       take the messages from FILE, repeatedly (a JSON array of pairs of author and text)
//   history COUNT       send every new client COUNT messages first, in one frame
//   send COUNT PER_MS   send COUNT messages one by one, PER_MS of them every millisecond (0: all at once)
//
// It prints `listening PORT` once and `done …` after each command. It exits at the end of its standard input.
//
//   node server.mjs FOLDER       FOLDER contains dist
import { createServer } from "node:http";
import { existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Server } from "socket.io";

const dist = `${process.argv[2]}/dist/`;
const types = { css: "text/css; charset=utf-8", html: "text/html; charset=utf-8", js: "text/javascript; charset=utf-8" };
let history = [];
let template = [];
let seq = 0;

const server = createServer((request, response) => {
  const path = request.url.split("?")[0].slice(1);
  const name = path !== "" && !path.includes("/") && existsSync(dist + path) ? path : "index.html";
  const compressed = /\bbr\b/.test(request.headers["accept-encoding"] ?? "");
  response.setHeader("content-type", types[name.split(".").at(-1)]);
  response.setHeader("cache-control", name === "index.html" ? "no-cache" : "public, max-age=31536000, immutable");
  if (compressed) response.setHeader("content-encoding", "br");
  response.end(readFileSync(dist + name + (compressed ? ".br" : "")));
});
const io = new Server(server, { transports: ["websocket"], maxHttpBufferSize: 1e8 });
io.on("connection", (socket) => {
  if (history.length > 0) socket.emit("history", history);
  socket.on("say", (text) => post("me", text));
});

const message = (author, text) => ({ seq: (seq += 1), author, at: Date.now(), text });
const post = (author, text) => io.emit("message", message(author, text));
const next = () => template[seq % template.length];

async function send(count, perMs) {
  const start = performance.now();
  for (let sent = 0; sent < count; ) {
    const due = perMs === 0 ? count : Math.min(count, Math.ceil((performance.now() - start) * perMs));
    // At most 200 messages at a time, so that the socket can send them.
    for (const end = Math.min(due, sent + 200); sent < end; sent += 1) post(...next());
    await new Promise(perMs === 0 ? setImmediate : (done) => setTimeout(done, 1));
  }
}

createInterface({ input: process.stdin })
  .on("line", async (line) => {
    const [verb, ...words] = line.split(" ");
    if (verb === "template") template = JSON.parse(readFileSync(words[0], "utf8"));
    if (verb === "history") history = Array.from({ length: Number(words[0]) }, () => message(...next()));
    if (verb === "send") await send(Number(words[0]), Number(words[1]));
    console.log(`done ${verb} ${seq}`);
  })
  .on("close", () => process.exit());
server.listen(0, "127.0.0.1", () => console.log(`listening ${server.address().port}`));
