// Elements that are wider than the window or than their box. The scripts that are run after this one add to `found`.
const name = (it) => [it.localName, it.id && `#${it.id}`, it.dataset?.testid, it.className].filter(Boolean).join(" ");
// A modal dialog makes everything behind it inert.
const modal = document.querySelector("dialog:modal");
const shown = (it) => (!modal || modal.contains(it)) && it.checkVisibility({ visibilityProperty: true }) && !it.closest("[inert], .visually-hidden, svg");
const all = [document.documentElement, ...document.body.querySelectorAll("*")].filter(shown);
const found = new Set();

for (const it of all) {
  const style = getComputedStyle(it);
  // An ellipsis shows that something is left out; its title has the whole text.
  // Labels of a chart are in its margin. The box around the chart is measured.
  if (!it.matches(".transports-chart") && style.display !== "inline" && style.textOverflow !== "ellipsis" && it.clientWidth > 0 && it.scrollWidth > it.clientWidth)
    found.add(`content of ${it.scrollWidth} px in ${it.clientWidth} px: ${name(it)}`);
  const { left, right } = it.getBoundingClientRect();
  if (left < -1 || right > innerWidth + 1) found.add(`from ${left} to ${right} px: ${name(it)}`);
}
