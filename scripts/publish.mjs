// Makes one folder equal to another, with a `.br` and a `.gz` beside every file that they make
// smaller. What did not change is not touched: the server embeds these files, and a new time stamp
// alone would compile it again.
//
// Browsers keep hashed files for ever, so the hash in a name must be that of the content. trunk takes
// it before wasm-bindgen and wasm-opt have run: another version or option of theirs would give other
// bytes the same name. Hence modules and scripts are named again here, and whatever names them says the new names.
//
//   node scripts/publish.mjs FROM TO
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, extname, join, relative } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const [from, to] = process.argv.slice(2);
const compressible = new Set([".css", ".html", ".js", ".json", ".mjs", ".svg", ".txt", ".wasm", ".webmanifest", ".xml"]);

const files = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)));

const brotli = (bytes) =>
  brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: 24,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });

/** Writes whole files only: a reader, the compiler for one, finds the old bytes or the new ones. */
function put(name, bytes) {
  const path = join(to, name);
  if (existsSync(path) && readFileSync(path).equals(bytes)) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.tmp`, bytes);
  renameSync(`${path}.tmp`, path);
}

const digest = (bytes) => createHash("sha256").update(bytes).digest("hex").slice(0, 16);

const sources = new Map(files(from).map((name) => [name, readFileSync(join(from, name))]));
let index = sources.get("index.html").toString();
// Modules first: a script names some, and is named after its content then.
for (const ending of ["_bg.wasm", ".js"]) {
  for (const name of [...sources.keys()].filter((name) => name.endsWith(ending))) {
    const stem = name.match(/^(.*-)[0-9a-f]{8,16}(?=_bg\.wasm$|\.js$)/);
    if (!stem) continue;
    const renamed = `${stem[1]}${digest(sources.get(name))}${ending}`;
    index = index.replaceAll(name, renamed);
    for (const script of [...sources.keys()].filter((name) => name.endsWith(".js"))) {
      sources.set(script, Buffer.from(sources.get(script).toString().replaceAll(name, renamed)));
    }
    sources.set(renamed, sources.get(name));
    sources.delete(name);
  }
}
// One style sheet: each would be a request of its own, before the first letter shows.
const sheets = [...index.matchAll(/<link [^>]*rel="?stylesheet"?[^>]*>/g)].map(([tag]) => [tag, tag.match(/href="?\/([^\s">]+)/)[1]]);
const style = Buffer.concat(sheets.map(([, name]) => sources.get(name)));
const styleName = `style-${digest(style)}.css`;
for (const [tag, name] of sheets) {
  index = index.replace(tag, tag === sheets[0][0] ? `<link href=/${styleName} rel=stylesheet>` : "");
  sources.delete(name);
}
sources.set(styleName, style);

// The worker's version is that of all it keeps; only where it has a name does the page ask for it.
index = index.replace(/<html /, '<html data-worker="/worker.js" ');
sources.set("index.html", Buffer.from(index));
const kept = [...sources.keys()].filter((name) => name !== "worker.js").sort();
const version = digest(Buffer.concat(kept.flatMap((name) => [Buffer.from(name), sources.get(name)])));
const paths = kept.map((name) => (name === "index.html" ? "/" : `/${name}`));
// The table of pages in route.rs has a line for each path; a test there holds it to this form.
const routes = readFileSync(new URL("../frontend/src/route.rs", import.meta.url), "utf8");
const pages = ["", ...[...routes.matchAll(/^ +path: "(\/[^"]*)",$/gm)].map(([, path]) => path)];
if (pages.length === 1) throw new Error("frontend/src/route.rs: no line like `path: \"/orders\",` in the table of pages");
const worker = sources.get("worker.js").toString();
const written = worker
  .replace('const VERSION = "development";', `const VERSION = "${version}";`)
  .replace("const FILES = [];", `const FILES = ${JSON.stringify(paths)};`)
  .replace("const PAGES = [];", `const PAGES = ${JSON.stringify(pages)};`);
sources.set("worker.js", Buffer.from(written));

const published = new Map();
for (const [name, bytes] of sources) {
  const variants = compressible.has(extname(name)) ? [[".br", brotli], [".gz", (raw) => gzipSync(raw, { level: 9 })]] : [];
  published.set(name, bytes);
  for (const [suffix, compress] of variants) {
    const smaller = compress(bytes);
    if (smaller.length < bytes.length) published.set(name + suffix, smaller);
  }
}
for (const [name, bytes] of published) put(name, bytes);
const stays = ".gitignore"; // it keeps the folder in a fresh clone
for (const name of files(to)) if (name !== stays && !published.has(name)) rmSync(join(to, name));

const kilobytes = (name) => (published.has(name) ? `${(published.get(name).length / 1024).toFixed(1)} KB` : "as it is");
for (const name of sources.keys()) console.log(`app: ${name} ${kilobytes(name)}, brotli ${kilobytes(`${name}.br`)}`);
