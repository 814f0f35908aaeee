// Cuts the compiled app in two, and makes both halves small: the module of the first view with its script, and
// the module with everything that frontend/src/lazy.rs loads. What trunk bundled is replaced by them.
//
// The order matters. The linker's relocations say what reaches what, and only until wasm-bindgen has run: so the
// module is cut first (wasm_split_cli_support, which Leptos made for this). wasm-bindgen writes the script for the
// first half, and the script of the cut is bundled with it. What the script then does not name, nobody calls:
// it is no export any more, and wasm-opt drops it with all that it alone needed.
//
//   node scripts/split.mjs LINKED BUNDLE
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { prune } from "./prune.mjs";
import { shorten } from "./shorten.mjs";

const [linked, bundle] = process.argv.slice(2);
const work = join(dirname(bundle), "split");
const run = (program, ...args) => execFileSync(program, args, { stdio: ["ignore", "inherit", "inherit"] });
rmSync(work, { recursive: true, force: true });
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
const optimised = (module) => {
  const [from, to] = [join(work, "from.wasm"), join(work, "to.wasm")];
  writeFileSync(from, module);
  run("wasm-opt", ...optimise, from, "-o", to);
  return readFileSync(to);
};

writeFileSync(join(work, "linked.wasm"), prune(readFileSync(linked), /^(__wbg_)?intounderlying(byte)?(source|sink)_/));
run("wasm-split-cli", join(work, "linked.wasm"), join(work, "cut"), "--out-name", "app");
run("wasm-bindgen", "--target", "web", "--no-typescript", "--keep-lld-exports", "--out-dir", work, "--out-name", "app", join(work, "cut/app.wasm"));
writeFileSync(join(work, "__wasm_split.js"), readFileSync(join(work, "cut/__wasm_split.js")));
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

const put = (pattern, bytes) => {
  const [name, ...others] = readdirSync(bundle).filter((name) => pattern.test(name));
  if (!name || others.length > 0) throw new Error(`one file is expected to be named ${pattern}`);
  writeFileSync(join(bundle, name), bytes);
};
put(/^madang-app-.*_bg\.wasm$/, optimised(module));
// Named like what the bundler makes, so that scripts/publish.mjs names it after its content.
const part = "madang-pages-0000000000000000_bg.wasm";
put(/^madang-app-.*\.js$/, minified.replaceAll("split_pages.wasm", part));
writeFileSync(join(bundle, part), optimised(readFileSync(join(work, "cut/split_pages.wasm"))));
