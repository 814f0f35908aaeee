// Elements with an animation or a transition that takes longer than a frame.
const FRAME_SECONDS = 0.016;
const seconds = (list) => list.split(", ").map((it) => parseFloat(it) * (it.endsWith("ms") ? 0.001 : 1));
const name = (it) => [it.localName, it.dataset?.testid, it.className.baseVal ?? it.className].filter(Boolean).join(" ");
const found = new Set();
for (const it of document.querySelectorAll("*")) {
  for (const part of [null, "::before", "::after", "::backdrop"]) {
    const style = getComputedStyle(it, part);
    const moves = [
      ["animation", style.animationName, style.animationDuration, style.animationDelay],
      ["transition", style.transitionProperty, style.transitionDuration, style.transitionDelay],
    ];
    for (const [kind, names, durations] of moves)
      if (names !== "none" && Math.max(...seconds(durations)) > FRAME_SECONDS)
        found.add(`${kind} of ${durations}: ${name(it)}${part ?? ""}`);
    if (style.animationName !== "none" && style.animationIterationCount === "infinite") found.add(`endless: ${name(it)}`);
  }
}
for (const it of document.getAnimations()) {
  const { duration } = it.effect.getComputedTiming();
  if (duration > FRAME_SECONDS * 1000) found.add(`runs for ${duration} ms: ${name(it.effect.target)}`);
}
return [...found];
