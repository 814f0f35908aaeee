// Cuts the compiled app in two, and makes both halves small: the module of the first view with its script, and
// the module with everything that frontend/src/lazy.rs loads.
//
// madang-app-split cuts the module along the linker's relocations, and writes the script of the first half. Then
// the script of the cut is bundled with that script. An export that the script does not name has no caller:
// it is removed, and wasm-opt drops it with the code that it alone needed.
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

// The features are those that rustc turns on for wasm32-unknown-unknown, and no other: browsers refuse a module
// that uses what they do not know. After its usual passes, wasm-opt goes over the code in a flat form, and puts no
// small function into several callers: what is repeated compresses better than what was woven together (2 % of the
// download). No address below 1024 is used by anything but an exhausted stack, so offsets may be folded into loads.
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
// Leptos brings classes for streams that nothing makes; a registry for each of them, and a way to dispose of each, would keep
// them in the script, and their code in the module.
const glue = readFileSync(join(work, "app.js")).toString();
const droppable = glue
  .replaceAll("new FinalizationRegistry(", "/* @__PURE__ */ new FinalizationRegistry(")
  .replaceAll(/^if \(Symbol\.dispose\) \w+\.prototype\[Symbol\.dispose\] = .*$/gm, "");
writeFileSync(join(work, "app.js"), droppable);
writeFileSync(join(work, "start.js"), 'export { default } from "./app.js";');
run("esbuild", join(work, "start.js"), "--bundle", "--format=esm", "--log-level=warning", `--outfile=${join(work, "bundled.js")}`);

const [module, script] = shorten(readFileSync(join(work, "app_bg.wasm")), readFileSync(join(work, "bundled.js")));
const minified = execFileSync("esbuild", ["--minify", "--format=esm"], { input: script }).toString();

// scripts/publish.mjs knows this module by the name that the script gives it.
writeFileSync(join(folder, "app.js"), minified);
await Promise.all([
  writeOptimised("app.wasm", module),
  writeOptimised("split_pages.wasm", readFileSync(join(work, "split_pages.wasm"))),
]);
