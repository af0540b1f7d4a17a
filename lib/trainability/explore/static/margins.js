// The margins of a light picture: as given, or wider where labels or the legend need it.

import { hasBar, pushesOfBars } from "./color_bars.js";
import { LINE } from "./svg.js";

export const SIDES = ["l", "r", "t", "b"];

// What the axes ask of each side, [{val, size}]: a size at a share of the picture.
function pushesOf({ axes, usual }) {
  const spare = Math.min(12, ...SIDES.map((side) => usual[side]));
  return [...axes.values()].flatMap((axis) => {
    const { automargin, title, visible = true, anchor, side } = axis.spec;
    if (!automargin || !visible || !axis.box) return [];
    const [flat, { left, right, top, bottom }] = [axis.letter === "x", axis.box];
    const lines = title.text ? title.text.split("<br>").length - 1 : 0;
    const named = title.text === undefined ? 0 : title.standoff + title.font.size * (0.7 + lines * LINE);
    const deep = axis.depth + named;
    const [first, last] = axes.get(anchor ?? (flat ? "y" : "x"))?.spec.domain ?? [0, 1];
    const share = side === "top" ? last : first;
    const at = { l: flat ? 0 : share, r: flat ? 0 : share, t: flat ? share : 0, b: flat ? share : 0 };
    const size = { l: 0, r: 0, t: 0, b: 0, [flat ? (side === "top" ? "t" : "b") : "l"]: deep };
    const [start, end] = [axis.start, axis.start + axis.length];
    const over = flat ? { l: [start - left, 0], r: [right - end, 1] } : { t: [start - top, 1], b: [bottom - end, 0] };
    for (const [name, [extra, place]] of Object.entries(over)) {
      if (extra > 0) [at[name], size[name]] = [place, extra];
    }
    return [Object.fromEntries(SIDES.map((name) => [name, { val: at[name], size: size[name] + spare }]))];
  });
}

export function marginFor(picture) {
  const { layout, usual, legendHeight } = picture;
  const { width, height } = layout;
  const { l, r, t, b } = usual;
  const base = { l: { val: 0, size: l }, r: { val: 1, size: r }, t: { val: 1, size: t }, b: { val: 0, size: b } };
  const bars = picture.traces.some(hasBar) ? pushesOfBars(picture.host) : [];
  const all = [...pushesOf(picture), ...bars, base];
  const kept = Math.max(0, usual.b - Math.max(0, ...all.slice(0, -1).map((push) => push.b.size)));
  const reserved = Math.max(0, legendHeight - kept);
  const [left, right] = solved([l, r], all, ["l", "r"], width);
  const [below, above] = solved([b, t], all, ["b", "t"], height - reserved);
  const margin = rounded({ l: left, r: right, t: above, b: below });
  return { ...margin, b: margin.b + reserved };
}

export function rounded(margin) {
  return Object.fromEntries(SIDES.map((side) => [side, Math.round(margin[side])]));
}

// The two margins that leave all pushes room, each at its share of what is between them.
function solved(margins, pushes, [near, far], length) {
  let best = margins;
  for (const { [near]: here } of pushes) {
    for (const { [far]: there } of pushes) {
      const between = there.val - here.val;
      if (between <= 0) continue;
      const found = [
        (here.size * there.val + (there.size - length) * here.val) / between,
        (there.size * (1 - here.val) + (here.size - length) * (1 - there.val)) / between,
      ];
      if (found[0] + found[1] > best[0] + best[1]) best = found;
    }
  }
  return best;
}
