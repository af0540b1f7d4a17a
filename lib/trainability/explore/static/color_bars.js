// Color bars in motion: plotly's, from its last picture, where that had the same ones.

import { decoded } from "./table.js";

const SHOWN = ["colorbar", "colorscale", "zmin", "zmax"];

export function hasBar({ type, showscale }) {
  return ["heatmap", "contour"].includes(type) && showscale !== false;
}

function same(one, other) {
  return SHOWN.every((key) => key in one && JSON.stringify(one[key], listed) === JSON.stringify(other[key], listed));
}

// Numbers may travel as bytes.
function listed(key, part) {
  const whole = part?.bdata ? decoded(part) : part;
  return ArrayBuffer.isView(whole) ? Array.from(whole) : whole;
}

// Whether a figure that plotly has drawn has the bars that this one asks for.
export function hasBars(drawn, { data, layout }) {
  const [there, wanted] = [drawn?.data ?? [], data].map((traces) => traces.filter(hasBar));
  if (!wanted.length) return true;
  return (
    wanted.length === there.length &&
    wanted.every((trace, i) => same(trace, there[i])) &&
    ["width", "height", "template"].every((key) => drawn.layout[key] === layout[key])
  );
}

// What they ask of the margins, [{val, size}] by side.
export function pushesOfBars(host) {
  const { _pushmargin: pushes = {} } = drawnLayout(host);
  return Object.keys(pushes)
    .filter((key) => key.startsWith("cb"))
    .map((key) => pushes[key]);
}

// Copies of them, which stand where they stood as long as the margins do; otherwise nothing.
export function copiesOfBars(host, margin) {
  const { _size: drawn } = drawnLayout(host);
  if (Object.keys(margin).some((side) => margin[side] !== drawn[side])) return null;
  return Array.from(host.querySelectorAll(".infolayer > .colorbar"), (bar) => bar.cloneNode(true));
}

function drawnLayout({ _fullLayout: layout = {} }) {
  return layout;
}
