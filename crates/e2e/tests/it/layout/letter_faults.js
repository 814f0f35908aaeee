// After width_faults.js: letters cut off.
const canvas = document.createElement("canvas").getContext("2d");
for (const it of all) {
  const style = getComputedStyle(it);
  const hasText = [...it.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim() !== "");
  if (!hasText || !["clip", "hidden"].includes(style.overflowY)) continue;
  canvas.font = style.font;
  const { fontBoundingBoxAscent, fontBoundingBoxDescent } = canvas.measureText("가힣gjpqyÅ");
  // The line is centred on the font's box, so half of the difference is cut off below; fonts leave some room there.
  const line = it.clientHeight - parseFloat(style.paddingBlockStart) - parseFloat(style.paddingBlockEnd);
  if (line + 1 < fontBoundingBoxAscent + fontBoundingBoxDescent)
    found.add(`letters of ${fontBoundingBoxAscent + fontBoundingBoxDescent} px in ${line} px: ${name(it)}`);
}
