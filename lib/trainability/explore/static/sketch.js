// A curve drawn by the reader on a figure's own axes: by hand, or point by point as sliders.

import { NARROW, onNewWidth } from "./drawing.js";
import { element, words } from "./svg.js";

const MARGIN = { left: 62, right: 14, top: 12, bottom: 46 };

export class SketchBoard {
  constructor(answer, data) {
    this.answer = answer;
    this.data = data;
    this.box = answer.querySelector(".question-sketch");
    this.svg = element("svg", { role: "group", "aria-label": `${data.yTitle} against ${data.xTitle}` });
    this.box.append(this.svg);
    this.restart();
    answer.addEventListener("restarted", () => this.restart());
    answer.addEventListener("revealed", () => this.draw());
    this.svg.addEventListener("pointerdown", (event) => this.begin(event));
    this.svg.addEventListener("pointermove", (event) => this.move(event));
    onNewWidth(this.box, () => this.draw());
  }

  restart() {
    const [low, high] = this.data.yRange;
    this.heights = this.data.x.map(() => (low + high) / 2);
    this.touched = false;
    this.draw();
  }

  get width() {
    return this.box.clientWidth || 600;
  }

  get height() {
    return this.width < NARROW ? 280 : 340;
  }

  px(x) {
    const [low, high] = this.data.xRange;
    return MARGIN.left + ((x - low) / (high - low)) * (this.width - MARGIN.left - MARGIN.right);
  }

  py(y) {
    const [low, high] = this.data.yRange;
    return MARGIN.top + ((high - y) / (high - low)) * (this.height - MARGIN.top - MARGIN.bottom);
  }

  begin(event) {
    if (this.answer.disabled || event.button !== 0) return;
    this.svg.setPointerCapture(event.pointerId);
    this.last = null;
    this.move(event);
    event.preventDefault();
  }

  move(event) {
    // A stroke that began elsewhere, such as a selection of text, draws nothing.
    if (this.answer.disabled || !this.svg.hasPointerCapture(event.pointerId)) return;
    const frame = this.svg.getBoundingClientRect();
    const [low, high] = this.data.yRange;
    const share = (event.clientY - frame.top - MARGIN.top) / (this.height - MARGIN.top - MARGIN.bottom);
    const y = Math.min(high, Math.max(low, high - share * (high - low)));
    const x = event.clientX - frame.left;
    const near = this.data.x.map((place) => Math.abs(this.px(place) - x));
    const index = near.indexOf(Math.min(...near));
    // A fast stroke skips points; those between the last one and this one lie on the line.
    const [from, start] = this.last ?? [index, y];
    const step = Math.sign(index - from);
    for (let i = from; i !== index; i += step) {
      if (i !== from) this.heights[i] = start + ((y - start) * (i - from)) / (index - from);
    }
    this.heights[index] = y;
    this.last = [index, y];
    this.touched = true;
    this.draw();
  }

  press(event, i) {
    const [low, high] = this.data.yRange;
    const steps = {
      ArrowUp: 1,
      ArrowRight: 1,
      ArrowDown: -1,
      ArrowLeft: -1,
      PageUp: 10,
      PageDown: -10,
      Home: -100,
      End: 100,
    };
    const step = steps[event.key];
    if (this.answer.disabled || !step || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const moved = this.heights[i] + (step * (high - low)) / 100;
    this.heights[i] = Math.min(high, Math.max(low, moved));
    this.touched = true;
    this.draw();
  }

  draw() {
    const { width, height } = this;
    const focused = [...this.svg.querySelectorAll("[role=slider]")].indexOf(document.activeElement);
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.setAttribute("height", height);
    const parts = [...this.axes(), this.curve(this.heights, "yours")];
    if (this.answer.disabled) parts.push(this.curve(this.data.truth, "truth"), ...this.legend());
    parts.push(...this.data.x.map((x, i) => this.handle(x, i)));
    this.svg.replaceChildren(...parts);
    if (focused >= 0) this.svg.querySelectorAll("[role=slider]")[focused].focus();
  }

  axes() {
    const { width, height, data } = this;
    const parts = [];
    const bottom = height - MARGIN.bottom;
    for (const y of ticks(data.yRange, 6, data.log ? 1 : 0)) {
      parts.push(
        element("line", { class: "grid", x1: MARGIN.left, x2: width - MARGIN.right, y1: this.py(y), y2: this.py(y) }),
      );
      parts.push(words(this.tick(y), { x: MARGIN.left - 8, y: this.py(y) + 4, "text-anchor": "end" }));
    }
    for (const x of ticks(data.xRange, 6)) {
      parts.push(element("line", { class: "grid", x1: this.px(x), x2: this.px(x), y1: MARGIN.top, y2: bottom }));
      parts.push(words(String(x), { x: this.px(x), y: bottom + 18, "text-anchor": "middle" }));
    }
    parts.push(words(data.xTitle, { x: (MARGIN.left + width) / 2, y: height - 8, "text-anchor": "middle" }));
    const middle = (MARGIN.top + bottom) / 2;
    parts.push(
      words(data.yTitle, { x: 0, y: 0, "text-anchor": "middle", transform: `translate(14 ${middle}) rotate(-90)` }),
    );
    return parts;
  }

  tick(y) {
    if (!this.data.log) return String(y);
    const digits = [...String(y)].map((digit) => (digit === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)]));
    return `10${digits.join("")}`;
  }

  curve(heights, kind) {
    const points = heights.map((height, i) => `${this.px(this.data.x[i])},${this.py(height)}`);
    return element("polyline", { class: `curve ${kind}`, points: points.join(" ") });
  }

  legend() {
    return ["yours", "truth"].flatMap((kind, i) => {
      const x = MARGIN.left + 12 + 120 * i;
      const line = element("line", {
        class: `curve ${kind}`,
        x1: x,
        x2: x + 28,
        y1: MARGIN.top + 12,
        y2: MARGIN.top + 12,
      });
      const text = { yours: "your curve", truth: "measured" }[kind];
      return [line, words(text, { x: x + 34, y: MARGIN.top + 16 })];
    });
  }

  handle(x, i) {
    const y = this.heights[i];
    const [low, high] = this.data.yRange;
    const point = element("circle", {
      class: "handle",
      cx: this.px(x),
      cy: this.py(y),
      r: 7,
      role: "slider",
      tabindex: this.answer.disabled ? -1 : 0,
      "aria-orientation": "vertical",
      "aria-disabled": this.answer.disabled,
      "aria-label": this.data.where[i],
      "aria-valuemin": low,
      "aria-valuemax": high,
      "aria-valuenow": y.toFixed(this.data.digits),
      "aria-valuetext": `${this.data.log ? "10 to the power of " : ""}${y.toFixed(this.data.digits)}`,
    });
    point.addEventListener("keydown", (event) => this.press(event, i));
    return point;
  }
}

// Round numbers inside a range, at most as many as asked for and at least so far apart.
function ticks([low, high], most, least = 0) {
  const rough = Math.max((high - low) / most, least);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((unit) => unit * power).find((size) => size >= rough);
  const found = [];
  for (let k = Math.ceil(low / step); k * step <= high + step * 1e-9; k++) {
    found.push(Number((k * step).toPrecision(12)));
  }
  return found;
}
