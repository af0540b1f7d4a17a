// Lines and words that are laid over a light picture.

import { boxOf, element, words } from "./svg.js";

const BORDER = 2; // about a note
const SHAPE_PARTS = new Set("type x0 x1 y0 y1 xref yref line layer opacity".split(" "));
const NOTE_PARTS = new Set(
  "text x y xref yref xanchor yanchor xshift yshift font showarrow bgcolor align opacity name".split(" "),
);

export function notable({ shapes = [], annotations = [] }) {
  return (
    shapes.every((shape) => shape.type === "line" && only(shape, SHAPE_PARTS)) &&
    annotations.every((note) => note.showarrow === false && only(note, NOTE_PARTS))
  );
}

export function only(part, known) {
  return Object.keys(part).every((key) => known.has(key));
}

// A place given on an axis, along a panel or on the whole picture.
function placeOf(picture, ref, value, letter) {
  const [id, domain] = (ref ?? letter).split(" ");
  if (id === "paper") {
    const { left, top, width, height } = picture.inner;
    return letter === "x" ? left + value * width : top + (1 - value) * height;
  }
  const axis = picture.axis(id);
  if (!domain) return axis.px(value);
  return axis.start + axis.length * (letter === "x" ? value : 1 - value);
}

export function shapesOf(picture, layer) {
  const { layout, axes } = picture;
  const chosen = (layout.shapes ?? []).filter((shape) => (shape.layer ?? "above") === layer);
  return chosen.map((shape) => {
    const [x0, x1] = [shape.x0, shape.x1].map((value) => placeOf(picture, shape.xref, value, "x"));
    const [y0, y1] = [shape.y0, shape.y1].map((value) => placeOf(picture, shape.yref, value, "y"));
    const { width = 2, color = "#444", dash } = shape.line ?? {};
    const unit = Math.max(3, width);
    const array = { dot: `${unit}`, dash: `${3 * unit}` }[dash];
    const [x, y] = ["x", "y"].map((letter) => axes.get((shape[`${letter}ref`] ?? letter).split(" ")[0]));
    const [left, wide] = x && !/domain/.test(shape.xref) ? [x.start, x.length] : [0, layout.width];
    const [top, tall] = y && !/domain/.test(shape.yref) ? [y.start, y.length] : [0, layout.height];
    if (Math.max(x0, x1) < left || Math.min(x0, x1) > left + wide) return "";
    if (Math.max(y0, y1) < top || Math.min(y0, y1) > top + tall) return "";
    const look = { stroke: color, "stroke-width": width, "stroke-dasharray": array, opacity: shape.opacity };
    return element("path", { d: `M${x0},${y0}L${x1},${y1}`, ...look });
  });
}

export function addNote(picture, note) {
  const { svg, axes, layout, ink } = picture;
  const { text, font = {}, xanchor, yanchor, xshift = 0, yshift = 0, bgcolor } = note;
  const [x, y] = ["x", "y"].map((letter) => placeOf(picture, note[`${letter}ref`], note[letter], letter));
  for (const letter of ["x", "y"]) {
    const axis = axes.get(note[`${letter}ref`] ?? letter);
    if (axis && !axis.within(axis.even(note[letter]))) return;
  }
  const color = font.color ?? ink;
  const size = font.size ?? layout.font.size;
  const align = { left: "start", right: "end" }[note.align] ?? "middle";
  const drawn = words(text, { x: 0, y: 0, "font-size": size, fill: color, "text-anchor": align });
  svg.append(drawn);
  const box = boxOf(drawn);
  const [width, height] = [box.width, box.height].map((length) => Math.round(length + 2 * BORDER));
  const onPage = (letter) => /paper|domain/.test(note[`${letter}ref`] ?? "");
  const across = xanchor ?? (onPage("x") ? byPlace(note.x, ["left", "center", "right"]) : "center");
  const up = yanchor ?? (onPage("y") ? byPlace(note.y, ["bottom", "middle", "top"]) : "middle");
  const left = Math.round(x + xshift + { left: 0, center: -width / 2, right: -width }[across]);
  const top = Math.round(y - yshift + { top: 0, middle: -height / 2, bottom: -height }[up]);
  if (bgcolor) {
    const frame = { x: left + 0.5, y: top + 0.5, width: width - 1, height: height - 1, fill: bgcolor };
    svg.insertBefore(element("rect", frame), drawn);
  }
  drawn.setAttribute("transform", `translate(${left + BORDER - box.x},${top + BORDER - box.y})`);
}

function byPlace(share, [low, middle, high]) {
  return share < 1 / 3 ? low : share > 2 / 3 ? high : middle;
}
