// Chosen elements that look as if they were not chosen. A different weight of the letters alone is no difference.
const [canvas, text] = ["Canvas", "CanvasText"].map((colour) => {
  const probe = document.body.appendChild(document.createElement("i"));
  probe.style.color = colour;
  const computed = getComputedStyle(probe).color;
  probe.remove();
  return computed;
});

// Without a background of its own, an element shows that of the page.
const background = (style) => (style.backgroundColor.endsWith(", 0)") ? canvas : style.backgroundColor);
const look = (it) => {
  const style = getComputedStyle(it);
  const edge = (side) => [style[`border${side}Style`], style[`border${side}Width`], style[`border${side}Color`]];
  return [background(style), style.outlineStyle, style.outlineColor, ...["Top", "Bottom", "Left"].flatMap(edge)].join();
};
const name = (it) => `${it.localName} ${it.dataset.testid} ${it.className}`;
const found = [];

for (const it of document.querySelectorAll("[aria-current], [aria-pressed='true']")) {
  // The same element, if it were not chosen.
  const other = it.cloneNode(true);
  other.removeAttribute("aria-current");
  if (other.ariaPressed) other.ariaPressed = "false";
  it.after(other);
  if (look(other) === look(it)) found.push(`chosen: ${name(it)}`);
  other.remove();
}
for (const it of document.querySelectorAll(".switch")) {
  if (look(it) === look(it.parentElement.parentElement)) found.push(`no border: ${name(it.parentElement)}`);
  // The place of the knob shows the state.
  const knob = getComputedStyle(it, "::before").backgroundColor;
  if (knob === background(getComputedStyle(it))) found.push(`knob: ${name(it.parentElement)}`);
}
for (const it of document.querySelectorAll(":disabled, [aria-disabled='true']")) {
  const { color, filter } = getComputedStyle(it);
  // A filter would change the system's colour.
  if (color === text || filter !== "none") found.push(`disabled: ${name(it)}`);
}
return found;
