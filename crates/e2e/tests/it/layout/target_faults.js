// After width_faults.js: targets smaller than a fingertip.
const SMALLEST = 44;
const pressed = "a[href], button, input, select, textarea, summary, [role=button], [role=switch], [role=tab]";
// Links and mentions within a sentence are as high as its lines (WCAG 2.5.8).
const isInSentence = (it) =>
  it.matches(".mention") ||
  it.localName === "a" &&
  getComputedStyle(it).display === "inline" &&
  it.closest("p, li, td, dd")?.textContent.trim() !== it.textContent.trim();
for (const it of all.filter((it) => it.matches(pressed) && !isInSentence(it))) {
  const target = it.matches("[type=checkbox], [type=radio]") ? (it.closest("label") ?? it) : it;
  target.scrollIntoView({ block: "center", behavior: "instant" });
  const { left, top, width, height } = target.getBoundingClientRect();
  const hits = (x, y) => target.contains(document.elementFromPoint(x, y));
  const [x, y] = [left + width / 2, top + height / 2];
  // The pressed area may be larger than the box: the distance to the first point, in steps of a pixel, that is not it.
  const reach = (right, down) => {
    let steps = 0;
    while (steps < SMALLEST && hits(x + right * (steps + 1), y + down * (steps + 1))) steps++;
    return steps;
  };
  const sides = [
    Math.max(width, reach(1, 0) + reach(-1, 0) + 1),
    Math.max(height, reach(0, 1) + reach(0, -1) + 1),
  ];
  if (!hits(x, y)) found.add(`covered: ${name(it)}`);
  // A box between two pixels loses one of them.
  else if (sides.some((side) => side < SMALLEST - 0.5)) found.add(`a target of ${sides.map(Math.round)} px: ${name(it)}`);
}
