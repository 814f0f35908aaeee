// Serves the page that build.mjs made, and the messages that it is told to by lines on its standard input:
//
//   template FILE       what is said is taken from here, in a circle (a JSON array of author and text)
//   history COUNT       everybody who comes gets so many messages first, in one frame
//   say COUNT PER_MS    COUNT messages one by one, PER_MS of them every millisecond (0: all at once)
//
// It says `listening PORT` once, and `done …` after each line. It ends with its standard input.
//
//   node server.mjs FOLDER       the folder with dist in it
import { createServer } from "node:http";
import { existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Server } from "socket.io";

const dist = `${process.argv[2]}/dist/`;
const types = { css: "text/css; charset=utf-8", html: "text/html; charset=utf-8", js: "text/javascript; charset=utf-8" };
let history = [];
let template = [];
let seq = 0;

const server = createServer((request, answer) => {
  const asked = request.url.split("?")[0].slice(1);
  const name = asked !== "" && !asked.includes("/") && existsSync(dist + asked) ? asked : "index.html";
  const compressed = /\bbr\b/.test(request.headers["accept-encoding"] ?? "");
  answer.setHeader("content-type", types[name.split(".").at(-1)]);
  answer.setHeader("cache-control", name === "index.html" ? "no-cache" : "public, max-age=31536000, immutable");
  if (compressed) answer.setHeader("content-encoding", "br");
  answer.end(readFileSync(dist + name + (compressed ? ".br" : "")));
});
const io = new Server(server, { transports: ["websocket"], maxHttpBufferSize: 1e8 });
io.on("connection", (socket) => {
  if (history.length > 0) socket.emit("history", history);
  socket.on("say", (text) => post("me", text));
});

const message = (author, text) => ({ seq: (seq += 1), author, at: Date.now(), text });
const post = (author, text) => io.emit("message", message(author, text));
const next = () => template[seq % template.length];

async function say(count, perMs) {
  const start = performance.now();
  for (let said = 0; said < count; ) {
    const due = perMs === 0 ? count : Math.min(count, Math.ceil((performance.now() - start) * perMs));
    // A piece at a time, so that what was said can leave.
    for (const end = Math.min(due, said + 200); said < end; said += 1) post(...next());
    await new Promise(perMs === 0 ? setImmediate : (done) => setTimeout(done, 1));
  }
}

createInterface({ input: process.stdin })
  .on("line", async (line) => {
    const [verb, ...words] = line.split(" ");
    if (verb === "template") template = JSON.parse(readFileSync(words[0], "utf8"));
    if (verb === "history") history = Array.from({ length: Number(words[0]) }, () => message(...next()));
    if (verb === "say") await say(Number(words[0]), Number(words[1]));
    console.log(`done ${verb} ${seq}`);
  })
  .on("close", () => process.exit());
server.listen(0, "127.0.0.1", () => console.log(`listening ${server.address().port}`));
