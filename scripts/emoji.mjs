// Writes frontend/emoji.txt, the emoji that the app offers with their names, from emojibase-data: `just emoji`. With --check,
// only compares. MADANG_EMOJIBASE is the folder of the package. frontend/src/features/emoji/catalogue.rs reads the file.
//
// A line that begins with a tab is a group: its Korean and its English name. Each other line is an emoji, in columns: the emoji,
// its form with the first skin tone (empty without one), the Korean name, the English name, short codes, Korean keywords,
// English keywords. Codes and keywords are separated by `|`.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const target = new URL("../frontend/emoji.txt", import.meta.url);
const folder = process.env.MADANG_EMOJIBASE;
if (!folder) throw new Error("MADANG_EMOJIBASE is not set: run `just emoji`");
const json = (name) => JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8"));

/** Emoji of later versions are not drawn on devices that are two years old. */
const NEWEST_VERSION = 15.1;
const COMPONENTS = "component";
const FIRST_TONE = "\u{1F3FB}";
const TONES = [..."\u{1F3FB}\u{1F3FC}\u{1F3FD}\u{1F3FE}\u{1F3FF}"];

// The qualified form (UTS 51): the selector follows only characters that are texts without it. The package writes it behind
// others too, and the server would count both forms of a reaction separately.
const qualified = (emoji) => emoji.replaceAll(/(\p{Emoji_Presentation})\uFE0F/gu, "$1");

/** The form with the first tone. The others have another tone in its place, which is checked here. */
function toned({ emoji, skins = [] }) {
  const [first, ...others] = TONES.map((_, at) => skins.find((skin) => skin.tone === at + 1)?.emoji);
  if (!first) return "";
  others.forEach((other, at) => {
    if (other !== first.replaceAll(FIRST_TONE, TONES[at + 1])) throw new Error(`${emoji}: its tones are not alike`);
  });
  return qualified(first);
}

const tidy = (text) => text.normalize("NFC").replaceAll(/[\t\n|]+/g, " ").trim();
const keywords = (tags = [], names) => [...new Set(tags.map((tag) => tidy(tag).toLowerCase()))].filter((tag) => !names.includes(tag)).join("|");

const korean = new Map(json("ko/data").map((one) => [one.hexcode, one]));
const groupNames = (lang) => json(`${lang}/messages`).groups;
const groups = groupNames("en").map(({ key, order, message }) => {
  const ko = groupNames("ko").find((group) => group.key === key).message;
  return { key, order, ko, en: message[0].toUpperCase() + message.slice(1) };
});

// Those of GitHub first, which people know from other programs. A code belongs to one emoji.
const sources = ["github", "emojibase"].map((name) => json(`en/shortcodes/${name}`));
const used = new Map();
const offered = json("en/data")
  .filter(({ group, version }) => group !== undefined && version <= NEWEST_VERSION && groups[group].key !== COMPONENTS)
  .sort((one, other) => one.order - other.order);
for (const source of sources)
  for (const { hexcode } of offered)
    for (const code of [source[hexcode] ?? []].flat()) if (!used.has(code)) used.set(code, hexcode);
const codes = new Map(offered.map(({ hexcode }) => [hexcode, []]));
for (const [code, hexcode] of used) codes.get(hexcode).push(code);

const lines = [];
for (const { key, order, ko, en } of groups) {
  if (key === COMPONENTS) continue;
  lines.push(`\t${ko}\t${en}`);
  for (const one of offered.filter(({ group }) => group === order)) {
    const other = korean.get(one.hexcode);
    const names = [other.label, one.label].map(tidy);
    const columns = [
      qualified(one.emoji),
      toned(one),
      ...names,
      codes.get(one.hexcode).join("|"),
      keywords(other.tags, names),
      keywords(one.tags, names),
    ];
    lines.push(columns.join("\t"));
  }
}
const after = `${lines.join("\n")}\n`;
if (process.argv.includes("--check")) {
  if (readFileSync(target, "utf8") !== after) throw new Error("frontend/emoji.txt is not the package's: run `just emoji`");
} else {
  writeFileSync(target, after);
}
console.log(`emoji: ${offered.length}`);
