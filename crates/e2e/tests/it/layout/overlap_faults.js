// After width_faults.js: texts below another element, and short words that are broken.
const LONGEST_WORD = 12;
const clips = (it) => getComputedStyle(it).overflow !== "visible";
const visiblePart = (box, it) => {
  let { left, top, right, bottom } = box;
  for (let around = it; around; around = around.parentElement) {
    if (!clips(around)) continue;
    const by = around.getBoundingClientRect();
    [left, top] = [Math.max(left, by.left), Math.max(top, by.top)];
    [right, bottom] = [Math.min(right, by.right), Math.min(bottom, by.bottom)];
  }
  return { left, top, right, bottom };
};
const belongs = (hit, it) => hit && (it.contains(hit) || hit.contains(it));
for (const it of all) {
  const { pointerEvents, clipPath } = getComputedStyle(it);
  if (pointerEvents === "none" || clipPath === "inset(50%)") continue;
  const texts = [...it.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim() !== "");
  if (texts.length === 0) continue;
  it.scrollIntoView({ block: "center", behavior: "instant" });
  for (const text of texts) {
    const range = document.createRange();
    // The pieces of code and of addresses may break anywhere.
    const words = it.closest("code, pre, a[target], .isolated") ? [] : text.textContent.matchAll(/[\p{L}\p{N}]+/gu);
    for (const { 0: word, index } of words) {
      if (word.length > LONGEST_WORD) continue;
      range.setStart(text, index);
      range.setEnd(text, index + word.length);
      const lines = new Set([...range.getClientRects()].map((box) => Math.round(box.top)));
      if (lines.size > 1) found.add(`"${word}" of ${name(it)} is broken`);
    }
    range.selectNodeContents(text);
    for (const box of range.getClientRects()) {
      const { left, top, right, bottom } = visiblePart(box, it);
      if (right - left < 6 || bottom - top < 6) continue;
      const y = (top + bottom) / 2;
      for (const x of [left + 2, (left + right) / 2, right - 2]) {
        const hit = document.elementFromPoint(x, y);
        if (x >= 0 && x < innerWidth && y >= 0 && y < innerHeight && !belongs(hit, it))
          found.add(`"${text.textContent.trim().slice(0, 30)}" of ${name(it)} is below ${name(hit)}`);
      }
    }
  }
}
