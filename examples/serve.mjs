// Serves an example's page, and the packages that it loads, from this machine to this machine.
//
//   node examples/serve.mjs FOLDER [PORT] [BEHIND]
//
// Requests for missing files go to the server at BEHIND, as with the proxy of a React development server.
// Packages come from the folder's own node_modules; `MADANG_MODULES` names others, separated by colons.
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer, request as ask } from "node:http";
import { extname, join, normalize, resolve } from "node:path";

const [folder, port = "3000", behind = "http://localhost:5001"] = process.argv.slice(2);
const kinds = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css" };
const modules = (process.env.MADANG_MODULES ?? join(folder, "node_modules")).split(":");

// The first of these files that is there.
async function find(path) {
  const inside = normalize(path).replace(/^(\.\.[/\\])+/, "");
  const wanted = inside.startsWith("/modules/")
    ? modules.map((root) => resolve(root, `.${inside.slice("/modules".length)}`))
    : [resolve(folder, inside === "/" ? "index.html" : `.${inside}`)];
  for (const file of wanted) {
    const found = await stat(file).catch(() => null);
    if (found?.isFile()) return file;
  }
  return null;
}

function pass({ method, url, headers }, response) {
  const asked = ask(new URL(url, behind), { method, headers: { ...headers, host: new URL(behind).host } }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  asked.on("error", () => response.writeHead(502).end("the server behind this one is not there\n"));
  asked.end();
}

const server = createServer(async (request, response) => {
  const file = await find(decodeURIComponent(new URL(request.url, "http://here").pathname));
  if (!file) return pass(request, response);
  response.writeHead(200, { "content-type": `${kinds[extname(file)] ?? "application/octet-stream"}; charset=utf-8` });
  createReadStream(file).pipe(response);
});
server.listen(Number(port), "localhost", () => {
  console.log(`http://localhost:${server.address().port}`);
});
