// Contours of a light picture: bands or shades in pixels, and the lines of the levels.

import { canvasOver } from "./cells.js";
import { Scale } from "./colors.js";
import { lineLook } from "./marks.js";
import { NOTHING, element, short } from "./svg.js";

export function contour(trace, x, y, { clip }) {
  const z = Array.from(trace.z, (row) => Array.from(row));
  const [columns, lines] = [x, y].map((axis) => Array.from(trace[axis.letter], (value) => axis.px(value)));
  const group = element("g", { "clip-path": clip });
  if (trace.contours.coloring !== "none") group.append(shades(trace, z, columns, lines));
  const { start, end, size } = trace.contours;
  const { smoothing = 1 } = trace.line ?? {};
  const d = Array.from({ length: Math.floor((end - start) / size + 1e-9) + 1 }, (_, k) =>
    lineAt(z, start + k * size, columns, lines, smoothing),
  );
  const line = { width: 0.5, ...trace.line };
  group.append(element("path", { d: d.join("") || NOTHING, ...lineLook({ line }, "#444") }));
  return group;
}

// Every pixel between the four values around it.
function shades(trace, z, columns, lines) {
  const canvas = canvasOver(columns.map(Math.round), lines.map(Math.round));
  const { start, end, size, coloring = "fill" } = trace.contours;
  const count = Math.floor((end - start) / size + 1e-9) + 1;
  const blended = coloring === "heatmap";
  const scale = new Scale(blended ? trace : { ...trace, zmin: 0, zmax: count }, z);
  const [low, step, half] = blended ? [scale.low, scale.step, 0.5] : [start - size, size, 0];
  const shown = blended
    ? scale.pixels.subarray(0, -1)
    : Uint32Array.from({ length: count + 1 }, (_, k) => scale.pixel(k));
  const last = shown.length - 1;
  const across = between(columns, canvas.left, canvas.width);
  const up = between(lines, canvas.top, canvas.height);
  canvas.paint((pixels, first, line) => {
    const [row, next, high] = [z[up.cells[line]], z[up.cells[line] + 1], up.shares[line]];
    const values = Float64Array.from(row, (value, i) => value + (next[i] - value) * high);
    for (let pixel = 0; pixel < canvas.width; pixel++) {
      const i = across.cells[pixel];
      const value = values[i] + (values[i + 1] - values[i]) * across.shares[pixel];
      const k = Math.floor((value - low) / step + half);
      if (k === k) pixels[first + pixel] = shown[k < 0 ? 0 : k > last ? last : k];
    }
  });
  return canvas.image(0, 0);
}

// Of each pixel the cell it lies in, and how far across it.
function between(places, start, length) {
  const rising = places.at(-1) > places[0];
  let k = rising ? 0 : places.length - 2;
  const [cells, shares] = [new Int32Array(length), new Float64Array(length)];
  for (let pixel = 0; pixel < length; pixel++) {
    const middle = start + pixel + 0.5;
    while (rising ? k < places.length - 2 && middle > places[k + 1] : k > 0 && middle > places[k]) k += rising ? 1 : -1;
    cells[pixel] = k;
    shares[pixel] = Math.min(Math.max((middle - places[k]) / (places[k + 1] - places[k]), 0), 1);
  }
  return { cells, shares };
}

// Where each cell's sides are crossed; pieces that share a side are one line.
function lineAt(z, level, columns, lines, smoothing) {
  const links = new Map();
  const places = new Map();
  const crossing = (j, i, down) => {
    const [a, b] = [z[j]?.[i], down ? z[j + 1]?.[i] : z[j]?.[i + 1]];
    if (!(a >= level !== b >= level) || !Number.isFinite(a) || !Number.isFinite(b)) return null;
    const name = `${j},${i},${down}`;
    if (!places.has(name)) {
      const share = (level - a) / (b - a);
      const from = [columns[i], lines[j]];
      const to = down ? [columns[i], lines[j + 1]] : [columns[i + 1], lines[j]];
      const place = from.map((value, k) => Math.round(100 * (value + (to[k] - value) * share)) / 100);
      places.set(name, place);
      links.set(name, []);
    }
    return name;
  };
  for (let j = 0; j < z.length - 1; j++) {
    for (let i = 0; i < z[j].length - 1; i++) {
      const sides = [crossing(j, i, 0), crossing(j, i + 1, 1), crossing(j + 1, i, 0), crossing(j, i, 1)];
      const cut = sides.filter(Boolean);
      const pairs = cut.length === 4 ? [[cut[0], cut[1]], [cut[2], cut[3]]] : cut.length === 2 ? [cut] : []; // prettier-ignore
      for (const [one, other] of pairs) {
        links.get(one).push(other);
        links.get(other).push(one);
      }
    }
  }
  return chained(links, places, smoothing);
}

function chained(links, places, smoothing) {
  let path = "";
  const left = new Set(links.keys());
  const begin = [...links].filter(([, others]) => others.length < 2).map(([name]) => name);
  for (const first of [...begin, ...links.keys()]) {
    if (!left.has(first)) continue;
    const line = [];
    for (let name = first; name; name = links.get(name).find((other) => left.has(other))) {
      left.delete(name);
      line.push(places.get(name));
    }
    path += smooth(line, links.get(first).length === 2, smoothing);
  }
  return path;
}

// As plotly rounds the corners of a line: a Catmull-Rom curve through its places.
function smooth(line, closed, smoothing) {
  const count = line.length;
  if (count < 3 || !smoothing) return `M${line.join("L")}${closed ? "Z" : ""}`;
  const at = (i) => line[(i + count) % count];
  const tangents = line.map((place, i) => tangentsAt(at(i - 1), place, at(i + 1), smoothing));
  const bend = (i) => `C${tangents[(i - 1 + count) % count][1]} ${tangents[i % count][0]} ${at(i)}`;
  if (closed) return `M${line[0]}${line.map((_, i) => bend(i + 1)).join("")}Z`;
  const inner = Array.from({ length: count - 3 }, (_, i) => bend(i + 2));
  return `M${line[0]}Q${tangents[1][0]} ${line[1]}${inner.join("")}Q${tangents[count - 2][1]} ${line[count - 1]}`;
}

// The two handles of a place, before and after it.
function tangentsAt(before, [x, y], after, smoothing) {
  const [back, on] = [before, after].map(([px, py]) => [px - x, py - y]);
  const [near, far] = [back, on].map(([dx, dy]) => Math.hypot(dx, dy) ** 0.5);
  const pull = [0, 1].map((k) => (far ** 2 * back[k] - near ** 2 * on[k]) * smoothing);
  const handle = (length, sign) =>
    [x, y].map((value, k) => {
      const share = 3 * length * (near + far);
      return short(value + (share ? (sign * pull[k]) / share : 0));
    });
  return [handle(far, 1), handle(near, -1)];
}
