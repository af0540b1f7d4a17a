// Lines, points and their names, as plotly draws them.

import { Scale } from "./colors.js";
import { element, pathOf, short, words } from "./svg.js";

export const SYMBOLS = {
  circle: (r) => `M${r},0A${r},${r} 0 1,1 0,${-r}A${r},${r} 0 0,1 ${r},0Z`,
  square: (r) => `M${r},${r}H${-r}V${-r}H${r}Z`,
  diamond: (r) => `M${1.3 * r},0L0,${1.3 * r}L${-1.3 * r},0L0,${-1.3 * r}Z`,
  cross: (r) => plus(1.2 * r, 0.4 * r),
  x: saltire,
  "triangle-up": (r) => triangle(r, -1),
  "triangle-down": (r) => triangle(r, 1),
  arrow: (r) => `M0,0L${-ARROW.x * r},${ARROW.y * r}H${ARROW.x * r}Z`,
  star: (r) => star(1.4 * r),
};
const ARROW = { x: 2 * Math.cos(Math.PI / 2.5), y: 2 * Math.sin(Math.PI / 2.5), shorter: 0.9 };
const DASHES = {
  solid: [],
  dot: [1, 1],
  dash: [3, 3],
  longdash: [5, 5],
  dashdot: [3, 1, 1, 1],
  longdashdot: [5, 1, 1, 1],
};

export function scatter(trace, x, y, { color, clip, font }) {
  const [across, up] = [trace.x, trace.y];
  const places = Array.from(up, (value, i) => [x.px(across ? across[i] : i), y.px(value)]);
  const group = element("g", { opacity: trace.opacity, "clip-path": trace.cliponaxis === false ? undefined : clip });
  if (trace.fill) group.append(element("path", { d: `${pathOf(places)}Z`, fill: trace.fillcolor }));
  if (trace.error_y) group.append(errorBars(trace, places, y, color));
  const look = lineLook(trace, color);
  if (trace.mode.includes("lines") && look["stroke-width"])
    group.append(
      element("path", { d: pathOf(trace.marker?.angleref ? shortened(places, trace.marker) : places), ...look }),
    );
  if (trace.mode.includes("markers")) group.append(...points(trace, places, color, x, y));
  if (trace.mode.includes("text")) group.append(...namesOf(trace, places, font));
  return group;
}

function errorBars({ error_y: error, line, y: values }, places, y, color) {
  const spread = error.array;
  const d = places.map(([px], i) => {
    const value = values[i];
    const [low, high] = [-1, 1].map((sign) => y.px(value + sign * spread[i]));
    return [low, high].every(Number.isFinite) ? `M${px - 4},${high}h8m-4,0V${low}m-4,0h8` : "";
  });
  return element("path", {
    d: d.join(""),
    stroke: error.color ?? line?.color ?? color,
    "stroke-width": 2,
    fill: "none",
  });
}

// A line ends in the head of its arrow and not beyond it.
function shortened(places, { size = 7 }) {
  return places.map((place, i) => {
    if (!i) return place;
    const [dx, dy] = [place[0] - places[i - 1][0], place[1] - places[i - 1][1]];
    const share = Math.min(1, (ARROW.shorter * size) / Math.hypot(dx, dy));
    return Number.isFinite(share) ? [place[0] - dx * share, place[1] - dy * share] : place;
  });
}

function namesOf(trace, places, font) {
  const { size, color } = { ...font, ...trace.textfont };
  const where = trace.textposition ?? "middle center";
  const side = Number(where.endsWith("right")) - Number(where.endsWith("left"));
  const height = where.startsWith("top") ? -1 : where.startsWith("bottom") ? 1 : 0;
  const away = trace.mode.includes("markers") ? (trace.marker?.size ?? 7) / 1.6 + 1 : 0;
  return places.flatMap(([px, py], i) => {
    const text = part(trace.text, i);
    if (!text || !Number.isFinite(px) || !Number.isFinite(py)) return [];
    const [x, y] = [px + side * away, py + 0.75 * size + height * away + ((height - 1) * size) / 2];
    const anchor = { "-1": "end", 0: "middle", 1: "start" }[side];
    return [words(text, { x, y, "font-size": size, fill: color, "text-anchor": anchor })];
  });
}

export function lineLook({ line = {} }, color) {
  const width = line.width ?? 2.5;
  const dash = DASHES[line.dash ?? "solid"].map((length) => length * Math.max(3, width));
  const array = dash.length ? dash.join(",") : undefined;
  return {
    fill: "none",
    stroke: line.color ?? color,
    "stroke-width": width,
    "stroke-dasharray": array,
    "stroke-miterlimit": 2,
  };
}

function points(trace, places, color, x, y) {
  const { marker = {}, line = {} } = trace;
  const free = trace.cliponaxis === false;
  const { cmin: zmin, cmax: zmax, colorscale } = marker;
  const scale = colorscale && new Scale({ zmin, zmax, colorscale });
  const colorOf = (given) => (typeof given === "number" ? `rgb(${scale.color(given)})` : given);
  const inside = (i, axis) => axis.within(axis.even((trace[axis.letter] ?? [])[i] ?? i), 1e-9);
  return places.flatMap((place, i) => {
    if (!place.every(Number.isFinite) || (free && !(inside(i, x) && inside(i, y)))) return [];
    const each = {
      size: part(marker.size, i) ?? 7,
      symbol: part(marker.symbol, i) ?? "circle",
      color: colorOf(part(marker.color, i)) ?? line.color ?? color,
      opacity: part(marker.opacity, i),
      edge: { width: part(marker.line?.width, i), color: part(marker.line?.color, i) },
    };
    const turn = marker.angleref ? turned(places[i - 1], place) : 0;
    if (turn === null) return [];
    const transform = `translate(${place.map(short)})${turn ? `rotate(${turn})` : ""}`;
    return [element("path", { ...symbolLook(each), transform })];
  });
}

export function part(value, i) {
  return value !== null && typeof value === "object" ? value[i] : value;
}

// From the place before, clockwise from upward.
function turned(before, [x, y]) {
  return before ? 90 + (Math.atan2(y - before[1], x - before[0]) * 180) / Math.PI : null;
}

export function symbolLook({ size, symbol, color, edge = {}, opacity }) {
  const open = symbol.endsWith("-open");
  const width = edge.width ?? (open ? 1 : 0);
  return {
    d: SYMBOLS[symbol.replace("-open", "")](size / 2),
    fill: open ? "none" : color,
    stroke: width ? (open ? color : (edge.color ?? "#444")) : undefined,
    "stroke-width": width || undefined,
    opacity,
  };
}

function plus(long, wide) {
  const quarter = [
    [long, wide],
    [wide, wide],
    [wide, long],
  ];
  const turns = [0, 1, 2, 3].map((k) =>
    quarter.map(
      ([x, y]) =>
        [
          [x, y],
          [-y, x],
          [-x, -y],
          [y, -x],
        ][k],
    ),
  );
  return `M${turns.flat().join("L")}Z`;
}

// Arms as wide as half of what they reach, on the diagonals.
function saltire(r) {
  const a = 0.8 * Math.SQRT1_2 * r;
  const legs = "+- -- +- -- -+ -- -+ ++ -+ ++".split(" ");
  const leg = ([dx, dy]) => `l${dx}${a},${dy}${a}`;
  return `M0,${a}${leg("++")}${legs.map(leg).join("")}Z`.replaceAll("+", "");
}

function triangle(r, down) {
  const [wide, far, near] = [(2 * r) / Math.sqrt(3), r, r / 2];
  return `M${-wide},${-down * near}H${wide}L0,${down * far}Z`;
}

function star(r) {
  const corners = Array.from({ length: 10 }, (_, k) => {
    const size = k % 2 ? r * 0.382 : r;
    const angle = (Math.PI * k) / 5;
    return [size * Math.sin(angle), -size * Math.cos(angle)];
  });
  return `M${corners.join("L")}Z`;
}
