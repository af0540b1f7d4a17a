// The legend of a light picture.

import { part, scatter, symbolLook } from "./marks.js";
import { LINE, boxOf, element, words } from "./svg.js";

const LEGEND = { gap: 5, symbol: 40, row: 3, least: 16 }; // pixels

// The entries, in rows or columns; the picture learns how high they are.
export function legendOf(picture) {
  const { layout, traces, svg, inner } = picture;
  picture.legendHeight = 0;
  const listed = traces.filter((trace) => trace.showlegend ?? !["heatmap", "contour"].includes(trace.type));
  if (!(layout.showlegend ?? (listed.length > 1 || listed.some(({ showlegend }) => showlegend)))) return [];
  const { size } = layout.font;
  const row = Math.max(size * LINE, LEGEND.least) + LEGEND.row;
  const items = listed.map((trace) => {
    const name = trace.name ?? `trace ${traces.indexOf(trace)}`;
    const text = words(name, { x: LEGEND.symbol, y: 0.39 * size, "font-size": size });
    const item = element("g", {}, ...sample(trace), text);
    svg.append(item);
    return { item, width: boxOf(text).width + LEGEND.symbol };
  });
  const whole = items.reduce((sum, { width }) => sum + width, 0) + (items.length - 1) * LEGEND.gap;
  const widest = Math.max(...items.map(({ width }) => width));
  let [x, line] = [0, 0];
  const places = items.map(({ width }) => {
    const next = (whole < inner.width ? width : widest) + LEGEND.gap;
    if (x && next + x - LEGEND.gap >= inner.width) [x, line] = [0, line + 1];
    const place = [x, line];
    x += next;
    return place;
  });
  picture.legendHeight = Math.ceil((line + 1) * row + 2 * LEGEND.gap);
  const top = layout.height - picture.legendHeight;
  items.forEach(({ item }, i) => {
    const [left, below] = places[i];
    item.setAttribute("transform", `translate(${left},${top + below * row + row / 2 + LEGEND.gap})`);
  });
  return items.map(({ item }) => item);
}

// The line and the point of a trace, as its legend shows them.
function sample(trace) {
  const { marker = {}, line = {}, color } = trace;
  const own = marker.color ?? line.color ?? color;
  if (trace.type === "bar")
    return [element("path", { d: "M26,6H14V-6H26Z", fill: typeof own === "string" ? own : color })];
  const parts = [];
  if (trace.fill) parts.push(element("path", { d: "M5,0h30v6h-30z", fill: trace.fillcolor }));
  if (trace.mode.includes("lines") && line.width !== 0) {
    const group = scatter(
      {
        ...trace,
        mode: "lines",
        fill: undefined,
        error_y: undefined,
        marker: {},
        x: [5, 35],
        y: [0, 0],
        opacity: undefined,
        cliponaxis: false,
      },
      ASIS,
      ASIS,
      { color },
    );
    parts.push(...group.childNodes);
  }
  if (trace.mode.includes("markers")) {
    const look = {
      size: Math.min(Math.max(mean(marker.size) ?? 7, 2), 16),
      symbol: part(marker.symbol, 0) ?? "circle",
      color: typeof part(own, 0) === "string" ? part(own, 0) : color,
      edge: { width: part(marker.line?.width, 0), color: part(marker.line?.color, 0) },
      opacity: mean(marker.opacity),
    };
    const turn = marker.angleref ? "rotate(90)" : "";
    parts.push(element("path", { ...symbolLook(look), transform: `translate(20,0)${turn}` }));
  }
  return parts;
}

function mean(values) {
  if (values === undefined || typeof values === "number") return values;
  return Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
}

const ASIS = { px: (value) => value };
