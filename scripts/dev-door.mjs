// The one origin that the browser sees under `just dev`: what belongs to the hub goes to the hub, the
// rest to trunk. Bytes pass as they are, headers and subprotocols too, so that Host and Origin agree
// and cookies work as they do in production (Trunk.toml says why trunk's own proxy does not do).
//
//   node scripts/dev-door.mjs DOOR APP HUB      three ports on 127.0.0.1
import { createServer, request } from "node:http";
import { connect } from "node:net";

const [door, app, hub] = process.argv.slice(2).map(Number);
const ofHub = /^\/((api|http-call|posts|healthz|readyz|ws)(\/|\?|$)|lab\/(transports\/|http\/socket))/;
const host = "127.0.0.1";
const portFor = (url) => (ofHub.test(url) ? hub : app);

const server = createServer((incoming, answer) => {
  const { method, url, headers } = incoming;
  const onward = request({ host, port: portFor(url), method, path: url, headers }, (reply) => {
    answer.writeHead(reply.statusCode, reply.rawHeaders);
    reply.pipe(answer);
  });
  onward.on("error", () => {
    if (answer.headersSent) answer.destroy();
    else answer.writeHead(502, { "content-type": "text/plain" }).end("It is being built again. Reload in a moment.\n");
  });
  answer.on("close", () => onward.destroy());
  incoming.pipe(onward);
});

server.on("upgrade", ({ method, url, rawHeaders }, socket, head) => {
  const onward = connect(portFor(url), host, () => {
    const lines = [`${method} ${url} HTTP/1.1`];
    for (let i = 0; i < rawHeaders.length; i += 2) lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
    onward.write(`${lines.join("\r\n")}\r\n\r\n`);
    onward.write(head);
    socket.pipe(onward).pipe(socket);
  });
  // One end gone is both gone: a client has to notice that the hub was restarted.
  onward.on("error", () => socket.destroy()).on("close", () => socket.destroy());
  socket.on("error", () => onward.destroy()).on("close", () => onward.destroy());
});

server.listen(door, host, () => console.log(`dev: the app at http://${host}:${door}`));
