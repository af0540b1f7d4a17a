// What a light picture can draw of a trace, and how far that reaches.

import { valueLetter } from "./bars.js";
import { edges } from "./cells.js";
import { ends } from "./colors.js";
import { SYMBOLS } from "./marks.js";

// What a trace may say; the rest is plotly's.
const SAYS = {
  scatter: new Set("line marker mode opacity cliponaxis text textposition textfont error_y fill fillcolor".split(" ")),
  bar: new Set("marker orientation opacity cliponaxis text textposition".split(" ")),
  heatmap: new Set("colorbar z zmin zmax colorscale showscale xgap ygap opacity text texttemplate textfont".split(" ")),
  contour: new Set("colorbar z zmin zmax zauto colorscale showscale contours line autocontour".split(" ")),
};
const ALWAYS = new Set(
  "type name x y xaxis yaxis showlegend hoverinfo hovertemplate customdata visible legendgroup hoverlabel meta".split(
    " ",
  ),
);
const MARKER = new Set("size color symbol line opacity angleref".split(" "));
const SHADED = ["colorscale", "cmin", "cmax"]; // all of them, or none
const TEMPLATES = new Set([undefined, "%{z}", "%{text}"]);

export function drawable(trace) {
  const says = SAYS[trace.type ?? "scatter"];
  if (!says || !Object.keys(trace).every((key) => ALWAYS.has(key) || says.has(key))) return false;
  if (trace.type === "heatmap" && trace.opacity === 0) return true;
  if (trace.type === "contour" && !(trace.x && trace.y)) return false;
  if (trace.type === "heatmap" || trace.type === "contour") {
    const colored = Array.isArray(trace.colorscale) || trace.contours?.coloring === "none";
    return colored && TEMPLATES.has(trace.texttemplate);
  }
  const { marker = {}, line = {} } = trace;
  if (trace.x && !trace.y) return false;
  if (line.shape || !["toself", undefined].includes(trace.fill)) return false;
  if (trace.type === "bar" && trace.text && trace.textposition !== "outside") return false;
  const shaded = SHADED.every((key) => key in marker) && Array.isArray(marker.colorscale);
  if (!Object.keys(marker).every((key) => MARKER.has(key) || (shaded && SHADED.includes(key)))) return false;
  return [marker.symbol ?? "circle"].flat().every((name) => SYMBOLS[name.replace("-open", "")]);
}

// The outermost points of a trace along one axis, for a range that plotly would choose.
export function outermost(trace, axis, bars) {
  if (trace.type === "heatmap") return ends(edges(trace, axis));
  if (trace.type === "contour") return ends(Array.from(trace[axis.letter]));
  const values = Array.from(trace[axis.letter] ?? [], (value) => axis.even(value));
  if (trace.type === "bar") {
    if (axis.letter === valueLetter(trace)) {
      if (axis.type === "log") return ends(values).map(({ at }) => ({ at, more: true }));
      return ends([0, ...values]).map(({ at }) => ({ at, more: at !== 0 }));
    }
    const room = bars.step / 2;
    return ends(values.flatMap((value) => [value - room, value + room]));
  }
  const marked = trace.mode.includes("markers");
  const tight = axis.letter === "x" && !marked && !trace.mode.includes("text") && !trace.error_y;
  if (axis.letter === "y" && trace.error_y) {
    const { array: spread } = trace.error_y;
    return [-1, 1]
      .flatMap((sign) => ends(values.map((value, i) => value + sign * spread[i])))
      .map(({ at }) => ({ at, more: true }));
  }
  const { size: sizes = 7 } = trace.marker ?? {};
  const pad = (i) => (marked ? Math.max((typeof sizes === "number" ? sizes : sizes[i]) / 1.6, 3) : 0);
  if (typeof sizes === "number") return ends(values).map(({ at }) => ({ at, pad: pad(0), more: !tight }));
  return values.map((at, i) => ({ at, pad: pad(i), more: !tight }));
}
