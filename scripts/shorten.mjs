// Makes the names short by which a WebAssembly module and its JavaScript know each other. wasm-bindgen
// ends each of some 300 with a hash of 16 digits, which no compression can shorten, once in either file:
// 6 KB of what a browser downloads.

/** Names that wasm-bindgen made: `__wbg_appendChild_8fbc6f0fbd3f03c5`, `…__invoke__h41dc7e6f8e4b6a7c`. */
const made = /^\w+_h?[0-9a-f]{16}(_\d+)?$/;

/** Reads and writes numbers as WebAssembly does (LEB128). */
function reader(bytes, at = 0) {
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  const take = (length) => bytes.subarray(at, (at += length));
  return { number, take, name: () => take(number()).toString(), byte: () => bytes[at++], at: () => at };
}
const number = (value) => {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value & 127) | 128);
  return Buffer.from([...bytes, value]);
};
const name = (text) => Buffer.concat([number(Buffer.byteLength(text)), Buffer.from(text)]);

/** What an import is, after its kind (WebAssembly core specification, section 5.5.5). */
function description(input, kind) {
  const limits = () => (input.byte() & 1 ? [input.number(), input.number()] : [input.number()]);
  switch (kind) {
    case 0: return input.number();
    case 1: return input.byte(), limits();
    case 2: return limits();
    case 3: return input.take(2);
    case 4: return input.byte(), input.number();
    default: throw new Error(`an import of an unknown kind: ${kind}`);
  }
}

/** The module and its script, with short names in both. */
export function shorten(module, script) {
  const short = new Map();
  const shortened = (long) => {
    if (!made.test(long)) return long;
    if (!short.has(long)) short.set(long, `$${short.size.toString(36)}`);
    return short.get(long);
  };
  const imports = (section) => {
    const input = reader(section);
    const count = input.number();
    const parts = [number(count)];
    for (let index = 0; index < count; index++) {
      const [from, what] = [input.name(), shortened(input.name())];
      const start = input.at();
      description(input, input.byte());
      parts.push(name(from), name(what), section.subarray(start, input.at()));
    }
    return Buffer.concat(parts);
  };
  const exports = (section) => {
    const input = reader(section);
    const count = input.number();
    const parts = [number(count)];
    for (let index = 0; index < count; index++) {
      const what = shortened(input.name());
      parts.push(name(what), Buffer.from([input.byte()]), number(input.number()));
    }
    return Buffer.concat(parts);
  };
  const input = reader(module, 8);
  const parts = [module.subarray(0, 8)];
  while (input.at() < module.length) {
    const kind = input.byte();
    const section = input.take(input.number());
    const written = kind === 2 ? imports(section) : kind === 7 ? exports(section) : section;
    parts.push(Buffer.from([kind]), number(written.length), written);
  }
  // A name that only the module knows, or only the script, stays what it was there.
  const renamed = script.toString().replace(/\b\w+\b/g, (word) => short.get(word) ?? word);
  return [Buffer.concat(parts), Buffer.from(renamed)];
}
