// Empties functions in a linked module, so that the code that only they need can be dropped. Each of them remains, with
// the single instruction `unreachable`.
//
// - Exported functions without callers: Leptos contains streams, whose classes wasm-bindgen exports, and the app uses
//   none. wasm-bindgen requires its exports to exist.
// - Functions of Rust's libraries that begin a panic. They compose a text for the standard error, which a browser does
//   not have, and end with `unreachable`. Without the text the browser reports the same error from the same place.
import { reader, number } from "./format.mjs";

const [EXPORT, CODE, CUSTOM] = [7, 10, 0];
/** The opcode of the instruction. */
const UNREACHABLE = 0;
/** Relocations that carry an addend (WebAssembly tool conventions, Linking, "Relocation Sections"). */
const WITH_ADDEND = new Set([3, 4, 5, 8, 9, 11, 14, 15, 16, 17, 21, 22, 23, 25]);

/** The symbols of the functions of `core`, `alloc` and `std` that begin a panic. */
const PANICS =
  /^_(R.*Cs\w+_(4core|5alloc|3std)|ZN4core).*\d(panic|panic_[a-z_]+|panic_fmt17h\w+|panic_display17h\w+|slice_index_fail|slice_error_fail|slice_error_fail_rt|expect_failed|unwrap_failed|assert_failed|assert_failed_inner|assert_failed[bij]{2}E\w+|len_mismatch_fail)$/;

/** The module with emptied bodies of the exported functions whose names match `unwanted`, and of those that panic. */
export function prune(module, unwanted) {
  const pruned = Buffer.from(module);
  const sections = [];
  for (const input = reader(module, 8); input.at() < module.length; ) {
    const start = input.at();
    const kind = input.byte();
    const length = input.number();
    sections.push({ kind, start, body: input.at(), end: input.at() + length });
    input.take(length);
  }
  const section = (kind) => sections.find((it) => it.kind === kind);

  const exported = reader(module, section(EXPORT).body);
  const emptied = new Set();
  for (let left = exported.number(); left > 0; left--) {
    const [name, kind] = [exported.name(), exported.byte()];
    const index = exported.number();
    if (kind === 0 && unwanted.test(name)) emptied.add(index);
  }
  const panics = named(module, sections, PANICS);

  const code = section(CODE);
  const bodies = reader(module, code.body);
  const imported = importedFunctions(module, section(2));
  const ranges = [];
  const count = bodies.number();
  for (let index = imported; index < imported + count; index++) {
    const length = bodies.number();
    const start = bodies.at();
    bodies.take(length);
    // A function that can return stays, even with such a name.
    const isPanic = panics.has(index) && module[start + length - 2] === UNREACHABLE;
    if (!emptied.has(index) && !isPanic) continue;
    ranges.push([start - code.body, start + length - code.body]);
    // No locals, `unreachable`, `nop` up to the former length, `end`.
    pruned.fill(1, start, start + length);
    pruned.set([0, UNREACHABLE], start);
    pruned[start + length - 1] = 11;
  }

  const parts = [pruned.subarray(0, 8)];
  for (const { kind, start, body, end } of sections) {
    const input = reader(module, body);
    const isOfCode = kind === CUSTOM && input.name() === "reloc.CODE";
    parts.push(isOfCode ? without(module, input, body, ranges) : pruned.subarray(start, end));
  }
  return Buffer.concat(parts);
}

/** The indices of the functions whose symbols match `pattern`. */
function named(module, sections, pattern) {
  const found = new Set();
  for (const { kind, body, end } of sections) {
    const input = reader(module, body);
    if (kind !== CUSTOM || input.name() !== "name") continue;
    while (input.at() < end) {
      const isOfFunctions = input.byte() === 1;
      const length = input.number();
      if (!isOfFunctions) {
        input.take(length);
        continue;
      }
      for (let left = input.number(); left > 0; left--) {
        const index = input.number();
        if (pattern.test(input.name())) found.add(index);
      }
    }
  }
  return found;
}

/** A section of relocations without the entries inside `ranges`. */
function without(module, input, body, ranges) {
  const head = [module.subarray(body, input.at())];
  const target = input.number();
  const entries = [];
  for (let left = input.number(); left > 0; left--) {
    const start = input.at();
    const type = input.byte();
    const offset = input.number();
    input.number();
    if (WITH_ADDEND.has(type)) input.number();
    if (!ranges.some(([from, to]) => offset >= from && offset < to)) entries.push(module.subarray(start, input.at()));
  }
  const content = Buffer.concat([...head, number(target), number(entries.length), ...entries]);
  return Buffer.concat([Buffer.from([CUSTOM]), number(content.length), content]);
}

function importedFunctions(module, { body }) {
  const input = reader(module, body);
  let functions = 0;
  for (let left = input.number(); left > 0; left--) {
    input.name(), input.name();
    const kind = input.byte();
    if (kind === 0) functions++;
    input.description(kind);
  }
  return functions;
}
