// Bars, as plotly draws them.

import { part } from "./marks.js";
import { element, words } from "./svg.js";

export function valueLetter(trace) {
  return trace.orientation === "h" ? "x" : "y";
}

// The bars of one panel: how far apart they stand, and how many share a place.
export function barsOf(traces, axisOf) {
  const first = traces[0];
  if (!first) return { step: 1, count: 1 };
  const axis = axisOf(first, valueLetter(first) === "y" ? "x" : "y");
  const values = traces.flatMap((trace) => Array.from(trace[axis.letter], (value) => axis.even(value)));
  const sorted = [...new Set(values)].toSorted((a, b) => a - b);
  const gaps = sorted.slice(1).map((value, i) => value - sorted[i]);
  return { step: gaps.length ? Math.min(...gaps) : 1, count: traces.length };
}

export function bar(trace, x, y, { color, clip, bars, order, gap, font }) {
  const upright = valueLetter(trace) === "y";
  const [along, tall] = upright ? [x, y] : [y, x];
  const width = (bars.step * (1 - gap)) / bars.count;
  const group = element("g", { opacity: trace.opacity, "clip-path": trace.cliponaxis === false ? undefined : clip });
  const places = trace[along.letter];
  trace[tall.letter].forEach((value, i) => {
    const middle = along.even(places[i]);
    const from = middle - (bars.count * width) / 2 + order * width;
    const sides = [from, from + width].map((even) => Math.round(along.pxOf(even)));
    const heights = [tall.type === "log" ? tall.pxOf(Math.min(...tall.range)) : tall.px(0), tall.px(value)].map(
      Math.round,
    );
    if (!heights.every(Number.isFinite)) return;
    const sidesOf = upright ? [...sides, ...heights] : [...heights, ...sides];
    group.append(box(sidesOf, { fill: part(trace.marker?.color, i) ?? color }));
    if (trace.text && !upright) group.append(beside(part(trace.text, i), heights, sides, font));
  });
  return group;
}

// Words at the end of a lying bar, no taller than the bar.
function beside(text, [from, to], [top, bottom], { size, color }) {
  const tall = Math.abs(bottom - top);
  const scale = Math.min(1, tall / (1.17 * size));
  const out = to < from ? -1 : 1;
  const [x, y] = [to + out * (tall > 6 ? 3 : 0), (top + bottom) / 2 + 0.34 * size * scale];
  return words(text, { x, y, "font-size": size * scale, fill: color, "text-anchor": out < 0 ? "end" : "start" });
}

function box([x0, x1, y0, y1], look) {
  return element("path", { d: `M${x0},${y0}V${y1}H${x1}V${y0}Z`, ...look });
}
