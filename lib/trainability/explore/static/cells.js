// Maps of cells, and the pixels of any map, as plotly draws them.

import { Scale } from "./colors.js";
import { LINE, element, words } from "./svg.js";

// Cells in whole pixels, painted once.
export function heatmap(trace, x, y, { clip, font }) {
  if (trace.opacity === 0) return element("g");
  const rowsOf = trace.z;
  const [columns, lines] = [x, y].map((axis) => edges(trace, axis).map((at) => Math.round(axis.pxOf(at) - axis.start)));
  const canvas = canvasOver(columns, lines);
  const scale = new Scale(trace, rowsOf);
  if (trace.xgap || trace.ygap) paintApart(canvas, trace, rowsOf, columns, lines, scale);
  else {
    const [across, up] = [cellsOf(columns, canvas.left, canvas.width), cellsOf(lines, canvas.top, canvas.height)];
    canvas.paint((pixels, start, line) => {
      if (line && up[line] === up[line - 1]) return void pixels.copyWithin(start, start - canvas.width, start);
      const row = Uint32Array.from(rowsOf[up[line]], (value) => scale.pixel(value));
      for (let i = 0; i < across.length; i++) pixels[start + i] = row[across[i]];
    });
  }
  const picture = canvas.image(x.start, y.start, { opacity: trace.opacity, "clip-path": clip });
  return trace.texttemplate
    ? element("g", {}, picture, ...inCells(trace, columns, lines, { x, y, font, scale }))
    : picture;
}

function paintApart(canvas, { xgap: wide = 0, ygap: tall = 0 }, rowsOf, columns, lines, scale) {
  rowsOf.forEach((row, j) =>
    row.forEach((value, i) => {
      if (!Number.isFinite(value)) return;
      canvas.pen.fillStyle = `rgb(${scale.color(value)})`;
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

function inCells(trace, columns, lines, { x: xAxis, y: yAxis, font, scale }) {
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
      const fill = trace.textfont?.color ?? contrasting(scale.color(z[j][i]));
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
  // Line by line: what fills it gets all pixels, and where the line starts.
  const paint = (fill) => {
    const image = pen.createImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer);
    for (let line = 0; line < height; line++) fill(pixels, line * width, line);
    pen.putImageData(image, 0, 0);
  };
  const image = (x, y, look) => {
    const place = { x: x + left, y: y + top, width, height, preserveAspectRatio: "none" };
    return element("image", { href: canvas.toDataURL(), ...place, ...look });
  };
  return { left, top, width, height, pen, paint, image };
}
