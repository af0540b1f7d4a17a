// Maps of cells, and the pixels and colors of any map, as plotly draws them.

import { LINE, element, words } from "./svg.js";

const SHADES = 1020; // of a color scale; a multiple of usual counts of bands

// Cells in whole pixels, painted once.
export function heatmap(trace, x, y, { clip, font }) {
  if (trace.opacity === 0) return element("g");
  const rowsOf = trace.z;
  const [columns, lines] = [x, y].map((axis) => edges(trace, axis).map((at) => Math.round(axis.pxOf(at) - axis.start)));
  const canvas = canvasOver(columns, lines);
  const colorOf = colorsOf(trace, rowsOf);
  if (trace.xgap || trace.ygap) paintApart(canvas, trace, rowsOf, columns, lines, colorOf);
  else {
    const [across, up] = [cellsOf(columns, canvas.left, canvas.width), cellsOf(lines, canvas.top, canvas.height)];
    canvas.paint((pixel, line) => colorOf(rowsOf[up[line]][across[pixel]]));
  }
  const picture = canvas.image(x.start, y.start, { opacity: trace.opacity, "clip-path": clip });
  return trace.texttemplate
    ? element("g", {}, picture, ...inCells(trace, columns, lines, { x, y, font, colorOf }))
    : picture;
}

function paintApart(canvas, { xgap: wide = 0, ygap: tall = 0 }, rowsOf, columns, lines, colorOf) {
  rowsOf.forEach((row, j) =>
    row.forEach((value, i) => {
      if (!Number.isFinite(value)) return;
      canvas.pen.fillStyle = `rgb(${colorOf(value)})`;
      const [left, right] = ordered(columns[i], columns[i + 1]);
      const [top, bottom] = ordered(lines[j], lines[j + 1]);
      const corner = [left - canvas.left + Math.floor(wide / 2), top - canvas.top + Math.floor(tall / 2)];
      canvas.pen.fillRect(...corner, right - left - wide, bottom - top - tall);
    }),
  );
}

// The cell of each pixel.
function cellsOf(sides, start, length) {
  const cells = new Int32Array(length);
  for (let i = 0; i + 1 < sides.length; i++) {
    const [from, to] = ordered(sides[i], sides[i + 1]);
    cells.fill(i, from - start, to - start);
  }
  return cells;
}

export function edges(trace, axis) {
  const rowsOf = trace.z;
  const count = axis.letter === "x" ? (rowsOf[0]?.length ?? 0) : rowsOf.length;
  const given = trace[axis.letter];
  const centers = given ? Array.from(given, (value) => axis.even(value)) : Array.from({ length: count }, (_, i) => i);
  if (centers.length > count) return centers;
  if (count < 2) return centers.flatMap((at) => [at - 0.5, at + 0.5]);
  const between = centers.slice(1).map((at, i) => (at + centers[i]) / 2);
  return [2 * centers[0] - between[0], ...between, 2 * centers.at(-1) - between.at(-1)];
}

export function ends(values) {
  const numbers = values.filter(Number.isFinite);
  if (!numbers.length) return [];
  return [Math.min, Math.max].map((choose) => ({ at: numbers.reduce((one, other) => choose(one, other)) }));
}

function inCells(trace, columns, lines, { x: xAxis, y: yAxis, font, colorOf }) {
  const [z, names] = [trace.z, trace.texttemplate === "%{z}" ? trace.z : trace.text];
  const texts = Array.from(names, (row) => Array.from(row, (value) => String(value ?? "").replace("-", "−")));
  const longest = Math.max(...texts.flat().map((text) => text.length));
  const [wide, tall] = [
    Math.abs(columns[1] - columns[0]) - (trace.xgap ?? 0),
    Math.abs(lines[1] - lines[0]) - (trace.ygap ?? 0),
  ];
  const fitting = Math.min(Math.floor(wide / longest / (LINE / 2)), Math.floor(tall / LINE), font.size);
  const size = trace.textfont?.size ?? fitting;
  return texts.flatMap((row, j) =>
    row.map((text, i) => {
      const [cell, line] = [middleOf(trace, xAxis, i), middleOf(trace, yAxis, j)];
      const [x, y] = [xAxis.start + cell, yAxis.start + line - size * (LINE / 2 - 1)];
      const fill = trace.textfont?.color ?? contrasting(colorOf(z[j][i]));
      return words(text, { x, y, "font-size": size, fill, "text-anchor": "middle" });
    }),
  );
}

function middleOf(trace, axis, i) {
  const sides = edges(trace, axis);
  return Math.round(axis.pxOf((sides[i] + sides[i + 1]) / 2) - axis.start);
}

function contrasting([red, green, blue]) {
  return 299 * red + 587 * green + 114 * blue < 128000 ? "#fff" : "#444";
}

function ordered(one, other) {
  return one < other ? [one, other] : [other, one];
}

// A canvas over places in pixels, and the image of it.
export function canvasOver(columns, lines) {
  const [left, top] = [Math.min(...columns), Math.min(...lines)];
  const [width, height] = [columns, lines].map((places) => Math.max(1, Math.max(...places) - Math.min(...places)));
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const pen = canvas.getContext("2d");
  const paint = (colorAt) => {
    const image = pen.createImageData(width, height);
    const { data } = image;
    for (let line = 0, at = 0; line < height; line++) {
      for (let pixel = 0; pixel < width; pixel++, at += 4) {
        const color = colorAt(pixel, line);
        if (!color) continue;
        [data[at], data[at + 1], data[at + 2], data[at + 3]] = [color[0], color[1], color[2], 255];
      }
    }
    pen.putImageData(image, 0, 0);
  };
  const image = (x, y, look) => {
    const place = { x: x + left, y: y + top, width, height, preserveAspectRatio: "none" };
    return element("image", { href: canvas.toDataURL(), ...place, ...look });
  };
  return { left, top, width, height, pen, paint, image };
}

// The color of a value, of SHADES between the least and the most; none of what is no number.
export function colorsOf({ zmin, zmax, colorscale }, rowsOf) {
  const all = zmin === undefined ? ends(Array.from(rowsOf, (row) => Array.from(row)).flat()) : [];
  const [low, high] = zmin === undefined ? all.map(({ at }) => at) : [zmin, zmax];
  const stops = colorscale.map(([at, color]) => [at, channels(color)]);
  const colors = Array.from({ length: SHADES + 1 }, (_, k) => mixed(stops, k / SHADES));
  const scale = SHADES / (high - low);
  return (value) =>
    Number.isFinite(value) ? colors[Math.min(Math.max(Math.round((value - low) * scale), 0), SHADES)] : null;
}

function mixed(stops, share) {
  const k = Math.max(
    1,
    stops.findIndex(([at]) => at >= share),
  );
  const [[from, one], [to, other]] = [stops[k - 1], stops[k]];
  const along = to > from ? (share - from) / (to - from) : 1;
  return one.map((value, i) => Math.round(value + (other[i] - value) * along));
}

function channels(color) {
  if (color[0] === "#") {
    const digits =
      color.length === 4 ? Array.from(color.slice(1), (digit) => digit + digit) : color.slice(1).match(/../g);
    return digits.map((pair) => parseInt(pair, 16));
  }
  return color.match(/[\d.]+/g).map(Number);
}
