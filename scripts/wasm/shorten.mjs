// Shortens the names of imports and exports between a WebAssembly module and its JavaScript. wasm-bindgen ends each of
// about 300 names with a hash of 16 digits, which does not compress and is in both files: 6 KB of the download.

import { name, number, reader } from "./format.mjs";

/** Names by wasm-bindgen: `__wbg_appendChild_8fbc6f0fbd3f03c5`, `…__invoke__h41dc7e6f8e4b6a7c`. */
const generated = /^\w+_h?[0-9a-f]{16}(_\d+)?$/;

/** The module and its script with short names in both. Exports that the script does not name are removed. */
export function shorten(module, script) {
  const short = new Map();
  const shortened = (long) => {
    if (!generated.test(long)) return long;
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
      input.description(input.byte());
      parts.push(name(from), name(what), section.subarray(start, input.at()));
    }
    return Buffer.concat(parts);
  };
  const exports = (section) => {
    const input = reader(section);
    const count = input.number();
    const parts = [];
    for (let index = 0; index < count; index++) {
      const long = input.name();
      const rest = [Buffer.from([input.byte()]), number(input.number())];
      if (words.has(long)) parts.push(Buffer.concat([name(shortened(long)), ...rest]));
    }
    return Buffer.concat([number(parts.length), ...parts]);
  };
  const words = new Set(script.toString().match(/[\w$]+/g));
  const input = reader(module, 8);
  const parts = [module.subarray(0, 8)];
  while (input.at() < module.length) {
    const kind = input.byte();
    const section = input.take(input.number());
    const written = kind === 2 ? imports(section) : kind === 7 ? exports(section) : section;
    parts.push(Buffer.from([kind]), number(written.length), written);
  }
  // Names that only one of the two files contains stay unchanged.
  const renamed = script.toString().replace(/\b\w+\b/g, (word) => short.get(word) ?? word);
  return [Buffer.concat(parts), Buffer.from(renamed)];
}
