// An axis of a picture by plotly's rules: its range, its ticks and their words.

const MINUS = "−";
const PADDING = 0.05; // of the axis, beyond points with markers
const EDGE = 1e-4; // of the range, for ticks on its ends

export class PlotAxis {
  constructor(id, spec) {
    this.id = id;
    [this.letter] = id;
    this.spec = spec;
    this.type = spec.type ?? "linear";
    this.labels = []; // of a category axis
  }

  // Strings are names in the order in which they come.
  take(values) {
    const named = this.spec.type ? this.spec.type === "category" : typeof values?.[0] === "string";
    if (!named || !values) return;
    this.type = "category";
    this.labels = [...new Set([...this.labels, ...(this.spec.categoryarray ?? []), ...values].map(String))];
  }

  // A value in the units in which the axis is even.
  even(value) {
    if (this.type === "category") return typeof value === "string" ? indexOrNone(this.labels, value) : value;
    if (value === null || value === undefined || value === "") return NaN;
    if (this.type === "log") return value > 0 ? Math.log10(value) : NaN;
    return Number(value);
  }

  place(start, length) {
    [this.start, this.length] = [start, length];
  }

  // From the outermost points, [{at, pad, more}]: `pad` pixels and, with `more`, a share of the axis.
  setRange(points) {
    const { range, autorange, rangemode } = this.spec;
    if (range && autorange === undefined) return void (this.range = range.map(Number));
    const toZero = rangemode === "tozero" && this.type !== "log";
    const padOf = ({ pad = 0, more }) => pad + (more ? PADDING * this.length : 0);
    const found = points.filter(({ at }) => Number.isFinite(at));
    const [least, most] = [Math.min, Math.max].map((choose) => choose(...found.map(({ at }) => at)));
    let [low, high] = [least - 1, most + 1];
    if (!found.length) [low, high] = [toZero ? 0 : -1, this.letter === "x" ? 6 : 4];
    else if (least < most) [low, high] = this.span(found, padOf, toZero);
    else if (toZero) [low, high] = this.fromZero(least, Math.max(...found.map(padOf)));
    this.range = autorange === "reversed" ? [high, low] : [low, high];
  }

  // The pair of points that asks for the widest scale.
  span(points, padOf, toZero) {
    let [best, from, to] = [0, null, null];
    for (const a of points) {
      for (const b of points) {
        const room = this.length - padOf(a) - padOf(b);
        const scale = (b.at - a.at) / (room > this.length / 10 ? room : this.length);
        if (scale > best) [best, from, to] = [scale, a, b];
      }
    }
    const ends = [from, to].map((point) => ({ at: point.at, pad: padOf(point) }));
    if (toZero && from.at >= 0) ends[0] = { at: 0, pad: 0 };
    if (toZero && to.at <= 0) ends[1] = { at: 0, pad: 0 };
    const scale = (ends[1].at - ends[0].at) / (this.length - ends[0].pad - ends[1].pad);
    return [ends[0].at - scale * ends[0].pad, ends[1].at + scale * ends[1].pad];
  }

  fromZero(value, pad) {
    if (value === 0) return [0, 1];
    const end = value / (1 - Math.min(0.5, pad / this.length));
    return value > 0 ? [0, end] : [end, 0];
  }

  // Pixels of the picture.
  px(value) {
    return this.pxOf(this.even(value));
  }

  pxOf(even) {
    const [low, high] = this.range;
    const share = (even - low) / (high - low);
    return this.start + this.length * (this.letter === "x" ? share : 1 - share);
  }

  within(even, beyond = EDGE) {
    const [low, high] = this.range.toSorted((a, b) => a - b);
    const room = (high - low) * beyond;
    return even >= low - room && even <= high + room;
  }

  // [{at, text, size, dx, dy}]: where it stands, and its words with what differs of their place.
  ticks() {
    const { tickvals, ticktext } = this.spec;
    const step = tickvals ? this.stepAmong() : this.step(1);
    if (!tickvals) return this.places(step).map((at) => ({ at, ...this.words(at, step) }));
    return Array.from(tickvals, (value, i) => {
      const at = this.even(value);
      return { at, ...(ticktext ? { text: String(ticktext[i]) } : this.words(at, step)) };
    }).filter(({ at }) => this.within(at));
  }

  // Ticks that are given are written in full.
  stepAmong() {
    return this.type === "log" ? `L${10 ** (Math.floor(Math.min(...this.range)) - 1)}` : this.step(100);
  }

  // A number, or on a log axis "L" and a number, "D1" or "D2".
  step(finer) {
    const { dtick, nticks } = this.spec;
    if (dtick) return dtick;
    const [low, high] = this.range;
    const room = this.type === "category" ? 1.2 * this.size : this.letter === "y" ? 40 : 80;
    const fitting = this.length / room;
    const usual = this.type === "category" ? fitting : Math.min(Math.max(fitting, 4), 9) + 1;
    const rough = Math.abs(high - low) / (nticks ?? usual) / finer;
    if (this.type === "category") return Math.max(1, Math.ceil(rough));
    if (this.type !== "log") return roundStep(rough);
    if (rough > 0.7) return Math.ceil(rough);
    if (Math.abs(high - low) >= 1) return rough > 0.3 ? "D2" : "D1";
    const count = (1.5 * Math.abs(high - low)) / rough;
    return `L${roundStep(Math.abs(10 ** high - 10 ** low) / count)}`;
  }

  places(step) {
    const [low, high] = this.range.toSorted((a, b) => a - b);
    const room = (high - low) * EDGE;
    const [first, last] = [low - room, high + room];
    const kind = String(step)[0];
    if (kind === "D") {
      const digits = step === "D1" ? [1, 2, 3, 4, 5, 6, 7, 8, 9] : [1, 2, 5];
      const powers = upTo(Math.floor(first), last, 1);
      return powers.flatMap((p) => digits.map((d) => p + Math.log10(d))).filter((at) => at >= first && at <= last);
    }
    if (kind === "L") {
      const size = Number(step.slice(1));
      return upTo(Math.ceil(10 ** first / size) * size, 10 ** last, size).map(Math.log10);
    }
    const from = this.type === "category" ? 0 : (this.spec.tick0 ?? 0);
    const places = upTo(from + Math.ceil((first - from) / step) * step, last, step);
    return this.type === "category" ? places.filter((at) => this.labels[at] !== undefined) : places;
  }

  words(at, step) {
    if (this.type === "category") return { text: this.labels[at] };
    if (this.type !== "log") return { text: this.number(at, step) };
    if (String(step)[0] === "L") return { text: this.number(10 ** at, Number(step.slice(1))) };
    const whole = Math.round(at);
    if (typeof step === "string" && Math.abs(at - whole) > 0.05)
      return { text: String(Math.round(10 ** (at - Math.floor(at)))), size: 0.75 };
    const shift = step === "D1" ? this.besideDigits(at) : {};
    if (this.spec.exponentformat === "power") {
      const text = whole === 0 ? "1" : whole === 1 ? "10" : `10<sup>${whole < 0 ? MINUS : ""}${Math.abs(whole)}</sup>`;
      return { text, size: 1.25, ...shift };
    }
    const power = 10 ** whole; // each is written by itself
    return { text: this.number(power, power, power), ...shift };
  }

  // Where all digits are written, the powers step aside.
  besideDigits(at) {
    if (this.letter === "y") return { dx: -0.25, dy: this.spec.exponentformat === "power" ? 0 : -1 / 6 };
    return { dx: (this.range[1] > this.range[0] ? 1 : -1) * (at < 0 ? 0.5 : 0.25), dy: 0.5 };
  }

  number(value, step, largest = this.largest()) {
    const power = Math.floor(Math.log10(largest) + 0.01);
    const digits = 2 - Math.floor(Math.log10(step) + 0.01);
    const exponent = Math.abs(power) > 3 ? this.commonExponent(power) : 0;
    const size = Math.abs(value) < 10 ** -digits / 2 ? 0 : Math.abs(value);
    const kept = Math.min(Math.max(0, digits + exponent), 100);
    let text = (size / 10 ** exponent).toFixed(kept);
    if (kept) text = text.replace(/\.?0+$/, "");
    text = text.replace(/\d+/, (whole) => (whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, ",") : whole));
    return (value < 0 && size ? MINUS : "") + text + (exponent && size ? this.exponentWords(exponent) : "");
  }

  largest() {
    return Math.max(...this.range.map((end) => Math.abs(this.type === "log" ? 10 ** end : end)));
  }

  commonExponent(power) {
    const letters = !this.spec.exponentformat || ["B", "SI"].includes(this.spec.exponentformat);
    return letters && power > -16 && power < 18 ? 3 * Math.round((power - 1) / 3) : power;
  }

  exponentWords(exponent) {
    const format = this.spec.exponentformat ?? "B";
    if (format === "power") return `×10<sup>${exponent < 0 ? MINUS : ""}${Math.abs(exponent)}</sup>`;
    if (format === "e") return `e${exponent < 0 ? MINUS : "+"}${Math.abs(exponent)}`;
    if (exponent === 9) return "B";
    return ["f", "p", "n", "μ", "m", "", "k", "M", "G", "T"][exponent / 3 + 5];
  }
}

function indexOrNone(labels, value) {
  const index = labels.indexOf(value);
  return index < 0 ? NaN : index;
}

function roundStep(rough) {
  const base = 10 ** Math.floor(Math.log10(rough));
  return base * ([2, 5].find((size) => size > rough / base) ?? 10);
}

// By multiplying, so that errors do not add up.
function upTo(first, last, step) {
  const count = Math.floor((last - first) / step + 1e-9) + 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) => first + i * step);
}
