// The picture of a figure before plotly is there, and as plotly will draw it: where that is not
// possible, nothing.

import { bar, barsOf } from "./bars.js";
import { heatmap } from "./cells.js";
import { copiesOfBars, hasBar, hasBars } from "./color_bars.js";
import { contour } from "./levels.js";
import { legendOf } from "./legend.js";
import { SIDES, marginFor, rounded } from "./margins.js";
import { scatter } from "./marks.js";
import { addNote, notable, only, shapesOf } from "./notes.js";
import { PlotAxis } from "./plot_axis.js";
import { LINE, boxOf, element, measured, words } from "./svg.js";
import { decoded } from "./table.js";
import { drawable, outermost } from "./traces.js";

const TICK = 5; // pixels
const FEW = 20; // points of a line that are shown
const MOST_TURNS = 3; // of making room for labels
const AXIS_PARTS = new Set(
  (
    "title range autorange rangemode type dtick tick0 nticks tickvals ticktext exponentformat showgrid zeroline " +
    "showticklabels ticks visible domain anchor scaleanchor constrain constraintoward side tickfont automargin " +
    "fixedrange tickangle gridcolor linecolor zerolinecolor tickcolor categoryorder categoryarray ticklabelposition hoverformat"
  ).split(" "),
);

// Draws into the host what it can, and says whether it could; `drawn` is what plotly drew there.
export function drawLight(host, { data, layout }, drawn = null) {
  if (!data.every(drawable) || !laidOut(layout) || !hasBars(drawn, { data, layout })) return false;
  const before = lightIn(host);
  const made = new Picture(host, data, layout).made();
  if (made && before) {
    refresh(before, made);
    made.remove();
  } else {
    before?.remove();
    if (made) host.append(made);
  }
  return Boolean(made);
}

// What is as it was stays where it is: the browser need not lay it out again.
function refresh(before, made) {
  for (const { name, value } of made.attributes) before.setAttribute(name, value);
  const [old, next] = [before, made].map((svg) => Array.from(svg.children));
  next.forEach((part, i) => {
    if (!old[i]) before.append(part);
    else if (!old[i].isEqualNode(part)) old[i].replaceWith(part);
  });
  for (const part of old.slice(next.length)) part.remove();
}

export function clearLight(host) {
  lightIn(host)?.remove();
}

// To ask for it by a selector would go through all that plotly has drawn.
function lightIn(host) {
  return Array.from(host.children).find((part) => part.matches(".light"));
}

function laidOut(layout) {
  const axes = Object.keys(layout).filter((key) => /^[xy]axis\d*$/.test(key));
  return (
    (layout.barmode ?? "group") === "group" &&
    axes.every((key) => only(layout[key], AXIS_PARTS) && (!layout[key].tickangle || upright(layout[key]))) &&
    notable(layout)
  );
}

// Words that stand on the upper edge.
function upright({ tickangle, side }) {
  return tickangle === -90 && side === "top";
}

class Picture {
  constructor(host, data, layout) {
    Object.assign(this, { host, layout });
    this.colors = layout.template.layout.colorway;
    const colored = data.map((trace, i) => ({
      ...completed(plain(trace)),
      color: this.colors[i % this.colors.length],
    }));
    this.traces = colored.filter((trace) => trace.visible !== false && !empty(trace));
    this.axes = new Map();
    for (const trace of colored) {
      for (const letter of ["x", "y"]) this.axis(trace[`${letter}axis`] ?? letter).take(trace[letter]);
    }
    this.panels = new Map(
      colored.map((trace) => [
        this.axesOf(trace)
          .map(({ id }) => id)
          .join(),
        this.axesOf(trace),
      ]),
    );
    this.usual = { ...layout.template.layout.margin, ...layout.margin };
    this.margin = rounded(this.usual);
    this.ink = layout.font.color ?? layout.template.layout.font.color;
    this.clipName = clipNameOf(host);
  }

  axis(id) {
    if (!this.axes.has(id)) {
      const key = id.replace(/^[xy]/, "$&axis");
      const usual = this.layout.template.layout[`${id[0]}axis`];
      const given = this.layout[key] ?? {};
      const spec = { ...usual, ...given, title: { ...usual.title, ...given.title } };
      const made = new PlotAxis(id, spec);
      made.size = spec.tickfont?.size ?? this.layout.font.size;
      this.axes.set(id, made);
    }
    return this.axes.get(id);
  }

  axesOf(trace) {
    return ["x", "y"].map((letter) => this.axis(trace[`${letter}axis`] ?? letter));
  }

  // Labels that need more room than the margin has widen it, which may change the labels.
  made() {
    for (let turn = 0; turn < MOST_TURNS; turn++) {
      this.svg?.remove();
      this.svg = this.layOut() ? this.frame() : null;
      if (!this.svg) return null;
      const wanted = marginFor(this);
      if (SIDES.every((side) => wanted[side] === this.margin[side])) break;
      this.margin = wanted;
    }
    const bars = this.traces.some(hasBar) ? copiesOfBars(this.host, this.margin) : [];
    if (!bars) {
      this.svg.remove();
      return null;
    }
    this.fill(bars);
    return this.svg;
  }

  layOut() {
    const { width, height } = this.layout;
    const { l, r, t, b } = this.margin;
    this.inner = { left: l, top: t, width: width - l - r, height: height - t - b };
    for (const axis of this.axes.values()) {
      const [from, to] = axis.spec.domain ?? [0, 1];
      const { left, top, width: across, height: up } = this.inner;
      if (axis.letter === "x") axis.place(left + from * across, (to - from) * across);
      else axis.place(top + (1 - to) * up, (to - from) * up);
    }
    this.bars = new Map();
    for (const axis of this.axes.values()) axis.setRange(this.pointsAlong(axis));
    return [...this.axes.values()].every((axis) => this.tied(axis));
  }

  barsBeside(trace) {
    const panel = this.axesOf(trace).map(({ id }) => id);
    const key = panel.join();
    if (!this.bars.has(key)) {
      const traces = this.traces.filter(
        (each) => each.type === "bar" && this.axesOf(each).every(({ id }, i) => id === panel[i]),
      );
      this.bars.set(key, { traces, ...barsOf(traces, (each, letter) => this.axesOf(each)[letter === "x" ? 0 : 1]) });
    }
    return this.bars.get(key);
  }

  pointsAlong(axis) {
    const points = this.traces
      .filter((trace) => this.axesOf(trace).includes(axis))
      .flatMap((trace) => outermost(trace, axis, trace.type === "bar" ? this.barsBeside(trace) : null));
    for (const shape of this.layout.shapes ?? []) {
      if ((shape[`${axis.letter}ref`] ?? axis.letter) !== axis.id) continue;
      const pad = (shape.line?.width ?? 2) / 2;
      for (const end of [0, 1]) points.push({ at: axis.even(shape[axis.letter + end]), pad });
    }
    for (const note of this.layout.annotations ?? []) {
      if ((note[`${axis.letter}ref`] ?? axis.letter) === axis.id) points.push({ at: axis.even(note[axis.letter]) });
    }
    return points;
  }

  // Two axes of one scale: the one with more pixels a unit gets fewer pixels, or more units.
  tied(axis) {
    const { scaleanchor } = axis.spec;
    if (!scaleanchor) return true;
    const other = this.axes.get(scaleanchor);
    const both = [axis, other];
    if (!other || both.some((each) => !each.spec.range && !this.isOfCells(each))) return false;
    const scales = both.map(({ length, range }) => length / Math.abs(range[1] - range[0]));
    const least = Math.min(...scales);
    both.forEach((each, i) => {
      const factor = scales[i] / least;
      if (each.spec.constrain === "domain") {
        const toward = { left: 0, top: 0, right: 1, bottom: 1 }[each.spec.constraintoward] ?? 0.5;
        each.place(each.start + toward * each.length * (1 - 1 / factor), each.length / factor);
      } else {
        const [low, high] = each.range;
        const [middle, half] = [(low + high) / 2, ((high - low) / 2) * factor];
        each.range = [middle - half, middle + half];
      }
    });
    return true;
  }

  isOfCells(axis) {
    return this.traces.every((trace) => !this.axesOf(trace).includes(axis) || trace.type === "heatmap");
  }

  // Axes and words; `fill` adds the rest between them.
  frame() {
    const { width, height, font } = this.layout;
    const family = font.family ?? this.layout.template.layout.font.family;
    this.svg = element("svg", { class: "light", width, height, "font-family": family, fill: this.ink });
    this.svg.host = this.host;
    this.legend = legendOf(this);
    if (Array.from(this.axes.values()).every((axis) => this.furnish(axis))) return this.svg;
    this.svg.remove();
    return null;
  }

  fill(bars) {
    const panels = [...this.panels.values()];
    const clips = panels.map(([x, y]) => {
      const box = { x: x.start, y: y.start, width: x.length, height: y.length };
      return element("clipPath", { id: `${this.clipName}-${x.id}${y.id}` }, element("rect", box));
    });
    const below = [...shapesOf(this, "below"), ...panels.flatMap((panel) => this.panel(...panel))];
    this.svg.prepend(element("defs", {}, ...clips), ...below);
    this.svg.append(...shapesOf(this, "above"), ...this.legend, ...bars);
    for (const note of this.layout.annotations ?? []) addNote(this, note);
    this.svg.append(this.title());
  }

  panel(x, y) {
    const clip = `url(#${this.clipName}-${x.id}${y.id})`;
    const mine = this.traces.filter((trace) => {
      const [across, up] = this.axesOf(trace);
      return across === x && up === y;
    });
    const parts = [...this.grid(x, y, x), ...this.grid(x, y, y), ...this.zeros(x, y)];
    const shown = (type, make) =>
      parts.push(...mine.filter((trace) => (trace.type ?? "scatter") === type).map((trace) => make(trace)));
    const font = { size: this.layout.font.size, color: this.ink };
    shown("heatmap", (trace) => heatmap(trace, x, y, { clip, font }));
    shown("contour", (trace) => contour(trace, x, y, { clip }));
    shown("bar", (trace) => {
      const bars = this.barsBeside(trace);
      const gap = this.layout.bargap ?? 0.2;
      return bar(trace, x, y, { color: trace.color, clip, bars, order: bars.traces.indexOf(trace), gap, font });
    });
    shown("scatter", (trace) => scatter(trace, x, y, { color: trace.color, clip, font }));
    return parts;
  }

  hasZero(axis) {
    const { zeroline = true, visible = true } = axis.spec;
    return visible && zeroline && axis.type === "linear" && axis.range[0] * axis.range[1] <= 0;
  }

  grid(x, y, axis) {
    const { showgrid = true, visible = true, gridcolor } = axis.spec;
    if (!showgrid || !visible) return [];
    return axis
      .ticks()
      .filter(({ at }) => !(this.hasZero(axis) && Math.abs(at) < 1e-9 * Math.abs(axis.range[1] - axis.range[0])))
      .map(({ at }) => axis.pxOf(at))
      .filter((px) => px > axis.start + 1 && px < axis.start + axis.length - 1)
      .map((px) => lineAcross(x, y, axis, px, gridcolor));
  }

  zeros(x, y) {
    return [x, y]
      .filter((axis) => this.hasZero(axis))
      .map((axis) => lineAcross(x, y, axis, axis.pxOf(0), axis.spec.zerolinecolor));
  }

  // The other axis on whose edge this one stands.
  edge(axis) {
    const named = axis.spec.anchor ?? (axis.letter === "x" ? "y" : "x");
    const { start, length } = this.axes.get(named) ?? this.axis(axis.letter === "x" ? "y" : "x");
    if (axis.letter === "y") return start;
    return axis.spec.side === "top" ? start : start + length;
  }

  // Ticks, their words and the title; no, where words would run into each other.
  furnish(axis) {
    const { svg } = this;
    const { spec, size } = axis;
    if (spec.visible === false) return true;
    const [edge, flat] = [this.edge(axis), axis.letter === "x"];
    const out = !flat || spec.side === "top" ? -1 : 1;
    const ticks = axis.ticks();
    if (spec.ticks) {
      for (const { at } of ticks) {
        const [px, from] = [axis.pxOf(at), edge + out];
        const d = flat ? `M${px},${from}v${out * TICK}` : `M${from},${px}h${out * TICK}`;
        svg.append(element("path", { d, stroke: spec.tickcolor, "shape-rendering": "crispEdges" }));
      }
    }
    [axis.depth, axis.box] = [0, null];
    const labels = element("g", { "text-anchor": flat ? "middle" : "end" });
    svg.append(labels);
    if (spec.showticklabels !== false) {
      const away = (spec.ticks ? TICK + 0.2 * size : 0) + 1;
      labels.append(...ticks.map((tick) => this.label(axis, tick, edge + out * away, out)));
      if (axis.type !== "category" && !spec.automargin) this.dropBeyond(labels);
      if (flat && spec.tickangle === undefined && overlapping(labels.children)) return false;
      axis.box = around(labels, upright(spec));
      if (axis.box) {
        const { left, top, bottom } = axis.box;
        axis.depth = flat ? (out < 0 ? edge - top : bottom - edge) : edge - left;
      }
    }
    if (spec.title.text) this.axisTitle(axis, edge, out);
    return true;
  }

  // Words that would be cut are not shown.
  dropBeyond(labels) {
    const { width, height } = this.layout;
    for (const label of Array.from(labels.children)) {
      const box = boxOf(label);
      if (box.x < 0 || box.x + box.width > width || box.y < 0 || box.y + box.height > height) label.remove();
    }
  }

  label(axis, { at, text, size = 1, dx = 0, dy = 0 }, from, out) {
    const font = axis.size * size;
    const px = axis.pxOf(at);
    if (upright(axis.spec)) {
      const turn = `translate(${px - 0.175 * font},${from}) rotate(-90)`;
      return words(text, { x: 0, y: font / 2, "font-size": font, "text-anchor": "start", transform: turn });
    }
    const [x, y] =
      axis.letter === "x"
        ? [px + dx * font, from + dy * font + font * (out < 0 ? -0.2 : 1)]
        : [from + dx * font, px + (0.35 + dy) * font];
    return words(text, { x, y, "font-size": font });
  }

  // Beyond the words of the ticks, but on the picture and off its legend.
  axisTitle(axis, edge, out) {
    const { svg } = this;
    const { title } = axis.spec;
    const { size } = title.font;
    const lines = title.text.split("<br>").length - 1;
    const middle = axis.start + axis.length / 2;
    const away = axis.depth + title.standoff;
    const upward = size * (0.35 + lines * LINE);
    const look = { "text-anchor": "middle", "font-size": size };
    if (axis.letter === "y") {
      const x = edge - away - upward;
      const text = words(title.text, { x, y: middle, ...look });
      const turned = element("g", { transform: `rotate(-90,${x},${middle})` }, text);
      svg.append(turned);
      const { y } = boxOf(text);
      const left = x + (y - middle);
      if (left < 0) svg.lastChild.setAttribute("transform", `translate(${-left},0) rotate(-90,${x},${middle})`);
      return;
    }
    const y = out > 0 ? edge + away + 0.7 * size : edge - away - upward;
    const text = words(title.text, { x: middle, y, ...look });
    svg.append(text);
    const box = boxOf(text);
    const over = box.y + box.height - (this.layout.height - this.legendHeight);
    if (out > 0 && over > 0) text.setAttribute("transform", `translate(0,${-over})`);
  }

  title() {
    const { title, template } = this.layout;
    const usual = template.layout.title;
    const { size } = { ...usual.font, ...title.font };
    const { t, l } = { ...usual.pad, ...title.pad };
    const lines = (title.text ?? "").split("<br>").length;
    return words(title.text ?? "", {
      x: usual.pad.l ?? l,
      y: t,
      dy: lines > 1 ? undefined : "0.7em",
      "font-size": size,
    });
  }
}

const clipNames = new WeakMap(); // by host
let hosts = 0;

function clipNameOf(host) {
  if (!clipNames.has(host)) clipNames.set(host, `light-${++hosts}`);
  return clipNames.get(host);
}

// Arrays as they are: the first figure has some in base64.
function plain(part) {
  const parts = Object.entries(part).map(([key, value]) => {
    const whole = value?.bdata ? decoded(value) : value;
    return [key, whole?.constructor === Object ? plain(whole) : whole];
  });
  return Object.fromEntries(parts);
}

// With what plotly takes for granted.
function completed(trace) {
  if ((trace.type ?? "scatter") !== "scatter" || !trace.y) return { mode: "lines", ...trace };
  const mode = trace.y.length < FEW ? "lines+markers" : "lines";
  return { mode, x: Array.from(trace.y, (_, i) => i), ...trace };
}

// What has no places is not there, in the legend neither.
function empty({ type, x, y }) {
  return !["heatmap", "contour"].includes(type) && (!(x || y) || [x, y].some((values) => values?.length === 0));
}

function lineAcross(x, y, axis, px, stroke) {
  const d = axis === x ? `M${px},${y.start}v${y.length}` : `M${x.start},${px}h${x.length}`;
  return element("path", { d, stroke, "shape-rendering": "crispEdges" });
}

function around(labels, turned) {
  const found = turned ? [measured(labels)] : [...labels.children].map(boxOf);
  const [left, top] = ["x", "y"].map((letter) => Math.min(...found.map((box) => box[letter])));
  const right = Math.max(...found.map(({ x, width }) => x + width));
  const bottom = Math.max(...found.map(({ y, height }) => y + height));
  return right > left ? { left, right, top, bottom } : null;
}

function overlapping(labels) {
  const boxes = [...labels].map(boxOf).toSorted((a, b) => a.x - b.x);
  return boxes.some((box, i) => i && boxes[i - 1].x + boxes[i - 1].width > box.x);
}
