// Empties exported functions without callers in a linked module, so that the code that only they need can be dropped.
// Leptos contains streams, whose classes wasm-bindgen exports, and the app uses none. wasm-bindgen requires its exports
// to exist, so each of them remains, with the single instruction `unreachable`.
import { reader, number } from "./format.mjs";

const [EXPORT, CODE, CUSTOM] = [7, 10, 0];
/** Relocations that carry an addend (WebAssembly tool conventions, Linking, "Relocation Sections"). */
const WITH_ADDEND = new Set([3, 4, 5, 8, 9, 11, 14, 15, 16, 17, 21, 22, 23, 25]);

/** The module with emptied bodies of the exported functions whose names match `unwanted`. */
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

  const code = section(CODE);
  const bodies = reader(module, code.body);
  const imported = importedFunctions(module, section(2));
  const ranges = [];
  const count = bodies.number();
  for (let index = imported; index < imported + count; index++) {
    const length = bodies.number();
    const start = bodies.at();
    bodies.take(length);
    if (!emptied.has(index)) continue;
    ranges.push([start - code.body, start + length - code.body]);
    // No locals, `unreachable`, `nop` up to the former length, `end`.
    pruned.fill(1, start, start + length);
    pruned.set([0, 0], start);
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
