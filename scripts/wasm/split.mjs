// Splits the compiled app into two optimised modules: the module of the first view with its script, and the lazy
// part, which frontend/src/lazy.rs loads.
//
// madang-app-split splits the module along the linker's relocations and writes the script of the first module, which
// is then bundled with the script that loads the second one. An export that the script does not name has no caller:
// it is removed, and wasm-opt drops the code that only this export needed.
//
//   node scripts/wasm/split.mjs LINKED FOLDER      FOLDER gets app.wasm, app.js, split_pages.wasm
import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

import { prune } from "./prune.mjs";
import { shorten } from "./shorten.mjs";

const [linked, folder] = process.argv.slice(2);
const work = join(folder, "work");
const run = (program, ...args) => execFileSync(program, args, { stdio: ["ignore", "inherit", "inherit"] });
rmSync(folder, { recursive: true, force: true });
mkdirSync(work, { recursive: true });

// Exactly the features that rustc enables for wasm32-unknown-unknown, because browsers reject modules with unknown
// features. The passes for flat code and without inlining into several callers make the download 2 % smaller, because
// repeated code compresses better than inlined code. Only an exhausted stack uses addresses below 1024, so offsets may
// be folded into loads (`--low-memory-unused`).
const optimise = [
  ...["bulk-memory", "bulk-memory-opt", "call-indirect-overlong", "multivalue", "mutable-globals"].map((it) => `--enable-${it}`),
  ...["nontrapping-float-to-int", "reference-types", "sign-ext"].map((it) => `--enable-${it}`),
  ...["--strip-debug", "--strip-producers", "--low-memory-unused", "--flatten", "--rereloop", "-Oz", "-Oz"],
  ...["--always-inline-max-function-size=0", "--flexible-inline-max-function-size=0", "--one-caller-inline-max-function-size=30"],
];
const writeOptimised = (name, module) => {
  const from = join(work, `unoptimised-${name}`);
  writeFileSync(from, module);
  return promisify(execFile)("wasm-opt", [...optimise, from, "-o", join(folder, name)]);
};

writeFileSync(join(work, "linked.wasm"), prune(readFileSync(linked), /^(__wbg_)?intounderlying(byte)?(source|sink)_/));
run("madang-app-split", join(work, "linked.wasm"), work);
// The script contains unused classes for the streams of Leptos. Their registries and disposers are marked as free of
// side effects or removed, so that the bundler drops the classes, and wasm-opt their code.
const glue = readFileSync(join(work, "app.js")).toString();
const droppable = glue
  .replaceAll("new FinalizationRegistry(", "/* @__PURE__ */ new FinalizationRegistry(")
  .replaceAll(/^if \(Symbol\.dispose\) \w+\.prototype\[Symbol\.dispose\] = .*$/gm, "");
writeFileSync(join(work, "app.js"), droppable);
writeFileSync(join(work, "start.js"), 'export { default } from "./app.js";');
run("esbuild", join(work, "start.js"), "--bundle", "--format=esm", "--log-level=warning", `--outfile=${join(work, "bundled.js")}`);

const [module, script] = shorten(readFileSync(join(work, "app_bg.wasm")), readFileSync(join(work, "bundled.js")));
const minified = execFileSync("esbuild", ["--minify", "--format=esm"], { input: script }).toString();

// scripts/publish.mjs finds the second module by its name in the script.
writeFileSync(join(folder, "app.js"), minified);
await Promise.all([
  writeOptimised("app.wasm", module),
  writeOptimised("split_pages.wasm", readFileSync(join(work, "split_pages.wasm"))),
]);
