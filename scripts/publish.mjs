// Assembles the published app from its page and its modules: one folder, with a `.br` and a `.gz` variant beside
// every file that becomes smaller. The links with `data-trunk` in the page name its files, as for `trunk serve`.
// Unchanged files keep their modification time, because the server embeds them and would be compiled again.
//
// File names contain a hash of the content, because browsers cache these files for ever.
//
//   node scripts/publish.mjs MODULES TO
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, extname, join, relative } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const [modules, to] = process.argv.slice(2);
const from = "frontend";
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

/** Replaces files atomically: a concurrent reader, such as the compiler, finds the old content or the new one. */
function put(name, bytes) {
  const path = join(to, name);
  if (existsSync(path) && readFileSync(path).equals(bytes)) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.tmp`, bytes);
  renameSync(`${path}.tmp`, path);
}

const digest = (bytes) => createHash("sha256").update(bytes).digest("hex").slice(0, 16);

const minified = (text, loader) =>
  execFileSync("esbuild", ["--minify", `--loader=${loader}`, "--log-level=warning"], { input: text }).toString().trim();

const sources = new Map();
const named = (stem, ending, bytes) => {
  const name = `${stem}-${digest(bytes)}${ending}`;
  sources.set(name, Buffer.from(bytes));
  return name;
};
const built = (name) => readFileSync(join(modules, name));
const part = named("madang-pages", "_bg.wasm", built("split_pages.wasm"));
const module = named("madang-app", "_bg.wasm", built("app.wasm"));
const script = named("madang-app", ".js", built("app.js").toString().replaceAll("split_pages.wasm", part));

const EMOJI = "emoji.txt";
let emoji;

// All style sheets become one file: every additional request would delay the first paint.
const styles = [];
const onlyFirst = (tag) => (styles.length === 1 ? tag : "");
const links = {
  css(href) {
    styles.push(readFileSync(join(from, href)));
    return onlyFirst("<link rel=stylesheet href=/STYLE>");
  },
  icon(href, tag) {
    const ending = extname(href);
    return tag.replace(href, `/${named(href.slice(0, -ending.length), ending, readFileSync(join(from, href)))}`);
  },
  "copy-file"(href) {
    // The app finds the emoji by an attribute of the page, so that their file can be cached for ever.
    if (href === EMOJI) {
      emoji = named("emoji", extname(href), readFileSync(join(from, href)));
      return "";
    }
    sources.set(href, readFileSync(join(from, href)));
    return "";
  },
  "copy-dir"(href) {
    for (const name of files(join(from, href))) links["copy-file"](join(href, name));
    return "";
  },
  rust: () =>
    `<script type=module>import init from "/${script}";init({module_or_path:"/${module}"})</script>` +
    `<link rel=modulepreload crossorigin href=/${script}>` +
    `<link rel=preload crossorigin href=/${module} as=fetch type=application/wasm>`,
};
const linked = (tag) => {
  const { rel, href } = Object.fromEntries([...tag.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));
  if (!Object.hasOwn(links, rel)) throw new Error(`scripts/publish.mjs does not support data-trunk links with rel="${rel}"`);
  return links[rel](href, tag.replace("data-trunk ", ""));
};
const page = readFileSync(join(from, "index.html")).toString().replaceAll(/<!--.*?-->/gs, "");
let index = page.split(/(<script>.*?<\/script>)/s).map((text, at) =>
  at % 2 === 1
    ? `<script>${minified(text.slice("<script>".length, -"</script>".length), "js")}</script>`
    : text.replaceAll(/<link\s+data-trunk\b[^>]*>/g, linked).replaceAll(/>\s+</g, "><").replaceAll(/\s+/g, " ").trim(),
).join("");
if (!emoji || !index.includes(`data-emoji="/${EMOJI}"`)) throw new Error(`frontend/index.html does not name ${EMOJI}`);
index = index.replace(`data-emoji="/${EMOJI}"`, `data-emoji="/${emoji}"`);
index = index.replace("STYLE", named("style", ".css", minified(Buffer.concat(styles), "css")));

// The page registers a worker only if `data-worker` names one. The worker's version is the hash of all its files.
index = index.replace(/<html /, '<html data-worker="/worker.js" ');
sources.set("index.html", Buffer.from(index));
const cached = [...sources.keys()].filter((name) => name !== "worker.js").sort();
const version = digest(Buffer.concat(cached.flatMap((name) => [Buffer.from(name), sources.get(name)])));
const paths = cached.map((name) => (name === "index.html" ? "/" : `/${name}`));
// The table of pages in route/mod.rs has a line for each path; a test there checks its form.
const routes = readFileSync(new URL("../frontend/src/route/mod.rs", import.meta.url), "utf8");
const pages = ["", ...[...routes.matchAll(/^ +path: "(\/[^"]*)",$/gm)].map(([, path]) => path)];
if (pages.length === 1) throw new Error("frontend/src/route/mod.rs: no line like `path: \"/orders\",` in the table of pages");
const worker = sources.get("worker.js").toString();
const filled = worker
  .replace('const VERSION = "development";', `const VERSION = "${version}";`)
  .replace("const FILES = [];", `const FILES = ${JSON.stringify(paths)};`)
  .replace("const PAGES = [];", `const PAGES = ${JSON.stringify(pages)};`);
sources.set("worker.js", Buffer.from(filled));
// The server answers other paths with 404 (crates/web/src/assets.rs).
sources.set("pages.txt", Buffer.from(pages.filter(Boolean).map((path) => `${path}\n`).join("")));

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
const PERMANENT = ".gitignore"; // keeps the folder in a fresh clone
for (const name of files(to)) if (name !== PERMANENT && !published.has(name)) rmSync(join(to, name));

const kilobytes = (name) => (published.has(name) ? `${(published.get(name).length / 1024).toFixed(1)} KB` : "not compressed");
for (const name of sources.keys()) console.log(`app: ${name} ${kilobytes(name)}, brotli ${kilobytes(`${name}.br`)}`);
