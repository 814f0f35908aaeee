// Reads and writes the parts of a WebAssembly module (core specification, section 5).

/** A reader of `bytes` from the offset `at`. Numbers are encoded in LEB128. */
export function reader(bytes, at = 0) {
  const byte = () => bytes[at++];
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const next = byte();
      value += (next & 127) * 2 ** shift;
      if (next < 128) return value;
    }
  };
  const take = (length) => bytes.subarray(at, (at += length));
  const limits = () => (byte() & 1 ? [number(), number()] : [number()]);
  /** The description of an import, after its kind (section 5.5.5). */
  const description = (kind) => {
    switch (kind) {
      case 0: return number();
      case 1: return byte(), limits();
      case 2: return limits();
      case 3: return take(2);
      case 4: return byte(), number();
      default: throw new Error(`unknown kind of import: ${kind}`);
    }
  };
  return { number, take, name: () => take(number()).toString(), byte, description, at: () => at };
}

export const number = (value) => {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value & 127) | 128);
  return Buffer.from([...bytes, value]);
};

export const name = (text) => Buffer.concat([number(Buffer.byteLength(text)), Buffer.from(text)]);
