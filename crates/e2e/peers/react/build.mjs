// Bundles the page into dist, with hashed names and compressed at the best quality, like Madang's app.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { brotliCompressSync, constants } from "node:zlib";

const here = new URL(".", import.meta.url).pathname;
rmSync(`${here}dist`, { recursive: true, force: true });
mkdirSync(`${here}dist`);

const { outputFiles } = await build({
  entryPoints: [`${here}src/app.jsx`],
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  jsx: "automatic",
  define: { "process.env.NODE_ENV": '"production"' },
  write: false,
});
const style = readFileSync(`${here}src/style.css`);
const put = (name, bytes) => {
  const smaller = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  writeFileSync(`${here}dist/${name}`, bytes);
  writeFileSync(`${here}dist/${name}.br`, smaller);
  console.log(`react: ${name} ${(bytes.length / 1024).toFixed(1)} KB, brotli ${(smaller.length / 1024).toFixed(1)} KB`);
};
const named = (name, ending, bytes) => `${name}-${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}.${ending}`;

const script = Buffer.from(outputFiles[0].contents);
const scriptName = named("app", "js", script);
const styleName = named("style", "css", style);
put(scriptName, script);
put(styleName, style);
const index = readFileSync(`${here}src/index.html`, "utf8").replace("app.js", scriptName).replace("style.css", styleName);
put("index.html", Buffer.from(index));
