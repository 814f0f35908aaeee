// Fills the table of frontend/src/ui/icon.rs with the drawings of Lucide, as one path each: `just lucide`. With --check,
// only compares. MADANG_LUCIDE is the folder of the package lucide-static.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const table = new URL("../frontend/src/ui/icon.rs", import.meta.url);
const folder = process.env.MADANG_LUCIDE;
if (!folder) throw new Error("MADANG_LUCIDE is not set: run `just lucide`");

// The first move of a path is absolute, even in lower case; pairs of numbers after it are lines.
const first = /^([mM])(-?[\d.]+)[ ,]?(-?[\d.]+)(?![\d.]) ?(?=([-\d.])?)/;
const joined = (d) => d.replace(first, (_, move, x, y, more) => `M${x} ${y}${more ? (move === "m" ? "l" : "L") : ""}`);

const circle = ({ cx, cy, r }) => `M${cx - r} ${cy}a${r} ${r} 0 1 0 ${2 * r} 0 ${r} ${r} 0 1 0-${2 * r} 0`;

const rect = ({ x = 0, y = 0, width, height, rx = 0 }) => {
  const corner = (dx, dy) => (rx ? `a${rx} ${rx} 0 0 1 ${dx * rx} ${dy * rx}` : "");
  const [w, h] = [width - 2 * rx, height - 2 * rx];
  return `M${x + rx} ${y}h${w}${corner(1, 1)}v${h}${corner(-1, 1)}h${-w}${corner(-1, -1)}v${-h}${corner(1, -1)}z`;
};

const shapes = {
  path: ({ d }) => joined(d.trim()),
  circle,
  rect,
  line: ({ x1, y1, x2, y2 }) => `M${x1} ${y1}L${x2} ${y2}`,
  polyline: ({ points }) => `M${points.trim()}`,
};

// One path for all shapes of a drawing.
function pathOf(name) {
  const drawing = readFileSync(join(folder, "icons", `${name}.svg`), "utf8");
  const body = drawing.slice(drawing.indexOf(">", drawing.indexOf("<svg")) + 1, drawing.indexOf("</svg>"));
  return [...body.matchAll(/<(\w+)([^>]*)\/>/g)]
    .map(([, shape, text]) => {
      const attributes = [...text.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, key === "d" || key === "points" ? value : Number(value)]);
      if (!shapes[shape]) throw new Error(`${name}: <${shape}> is not known here`);
      return shapes[shape](Object.fromEntries(attributes));
    })
    .join("")
    .replaceAll(" -", "-");
}

const before = readFileSync(table, "utf8");
let rows = 0;
const after = before.replace(/^(    [A-Z]\w+ "([a-z0-9-]+)") ".*",$/gm, (_, row, name) => {
  rows += 1;
  return `${row} "${pathOf(name)}",`;
});
if (rows === 0) throw new Error("frontend/src/ui/icon.rs: no row like `Plus \"plus\" \"…\",`");
if (after !== before) {
  if (process.argv.includes("--check")) throw new Error("frontend/src/ui/icon.rs is not the package's: run `just lucide`");
  writeFileSync(table, after);
}
console.log(`icons: ${rows}`);
