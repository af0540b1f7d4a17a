// One explorer of the page: its controls, its picture, its reading, its address.

import { QUIET_MS, addressed, writeAddress } from "./address.js";
import { Grid, revive } from "./codec.js";
import { CONFIG, afterFirstPaint, fitted, ghosts, hasGhost, loadPlotly, onNewWidth } from "./drawing.js";
import { csv, drawTable } from "./table.js";

const STEP_MS = 140;
export const explorers = new Map();

export class Explorer {
  constructor(root) {
    this.root = root;
    this.payload = JSON.parse(root.querySelector(".explorer-payload").textContent);
    this.name = this.payload.name;
    this.axes = revive(this.payload.axes);
    this.place = this.axes.map((axis) => axis.start);
    this.graph = root.querySelector(".explorer-graph");
    this.status = root.querySelector('[role="status"]');
    this.figure = revive(this.payload.figure);
    this.listeners = new Set();
    this.pinned = null;
    explorers.set(this.name, this);
    addressed.set(
      this.name,
      this.axes.map((axis) => axis.name),
    );
    this.bindControls();
    this.bindActions();
  }

  async open() {
    await afterFirstPaint();
    const [Plotly, grid] = await Promise.all([loadPlotly(), Grid.read(this.payload)]);
    this.Plotly = Plotly;
    this.grid = grid;
    this.stale = false;
    await this.draw();
    onNewWidth(this.graph, () => this.draw());
    this.graph.on("plotly_click", (event) => this.pick(event));
    this.root.dataset.ready = "true";
  }

  bindControls() {
    this.controls = this.axes.map((axis) => this.root.querySelector(`[data-axis="${axis.name}"]`));
    this.axes.forEach((axis, i) => {
      const control = this.controls[i];
      control.addEventListener("input", () => {
        this.stop();
        this.move(i, axis.kind === "checkbox" ? Number(control.checked) : Number(control.value));
      });
      const play = this.root.querySelector(`[data-play="${axis.name}"]`);
      play?.addEventListener("click", () => (this.playing === i ? this.stop() : this.play(i)));
    });
    this.root.querySelector("fieldset").disabled = false;
    this.showControls();
  }

  bindActions() {
    const action = (name, run) => this.root.querySelector(`[data-action="${name}"]`)?.addEventListener("click", run);
    action("reset", () => {
      this.stop();
      this.unpin();
      this.refused = "";
      this.go(this.axes.map((axis) => axis.start));
    });
    action("pin", () => (this.pinned ? this.unpin() : this.pin()));
    action("link", (event) => this.copyLink(event.currentTarget));
    action("csv", () => this.download());
    this.pinButton = this.root.querySelector('[data-action="pin"]');
    this.pinButton.hidden = !hasGhost(this.figure);
    this.numbers = this.root.querySelector("details");
    this.numbers.addEventListener("toggle", () => this.showTable());
  }

  get position() {
    return this.axes.reduce((sum, axis, i) => sum * axis.labels.length + this.place[i], 0);
  }

  // As many as the payload's precision gives, so that none is invented.
  get digits() {
    const steps = this.payload.precisions.filter(([kind]) => kind === "relative");
    return Math.min(6, ...steps.map(([, step]) => Math.ceil(-Math.log10(step * Math.LN10))));
  }

  get meta() {
    return this.figure.layout.meta;
  }

  labelOf(i) {
    return this.axes[i].labels[this.place[i]];
  }

  move(i, index) {
    this.refused = "";
    this.go(this.place.map((old, k) => (k === i ? index : old)));
  }

  go(place, { address = true, lead = true } = {}) {
    this.place = place;
    this.showControls();
    if (address) this.writeAddress();
    this.stale = true;
    if (this.grid && !this.frame) this.drawInFrame();
    if (lead) this.lead();
  }

  // In the next frame, so that what the reader moves is painted first.
  lead() {
    if (!this.payload.link || this.leading) return;
    this.leading = requestAnimationFrame(() => {
      this.leading = null;
      for (const other of explorers.values()) {
        if (other !== this && other.payload.link === this.payload.link) other.follow(this);
      }
    });
  }

  follow(leader) {
    const place = this.axes.map((axis, i) => {
      const k = leader.axes.findIndex(({ name }) => name === axis.name);
      const index = k < 0 ? -1 : position(axis, leader.labelOf(k), false);
      return index < 0 ? this.place[i] : index;
    });
    const moved = place.some((index, i) => index !== this.place[i]);
    // Who follows does not lead: it would take the leader back to where that one was.
    if (moved) this.go(place, { address: false, lead: false });
  }

  // At once, then once a frame: the first change of a frame is painted in that frame.
  drawInFrame() {
    this.stale = false;
    this.frame = requestAnimationFrame(() => {
      this.frame = null;
      if (this.stale) this.drawInFrame();
    });
    this.draw();
  }

  // Values by axis name, numbers or labels. What cannot be had is said, not guessed; only a
  // click on a figure means the nearest.
  set(values, { snap = false } = {}) {
    const refused = [];
    const place = [...this.place];
    for (const [name, value] of Object.entries(values)) {
      const i = this.axes.findIndex((axis) => axis.name === name);
      const index = i < 0 ? -1 : position(this.axes[i], value, snap);
      if (index < 0) refused.push(`${name}=${value}`);
      else place[i] = index;
    }
    this.refused = refused.length ? `This figure has no ${refused.join(", ")}. ` : "";
    this.stop();
    this.go(place);
  }

  showControls() {
    this.axes.forEach((axis, i) => {
      const control = this.controls[i];
      if (axis.kind === "checkbox") control.checked = Boolean(this.place[i]);
      else control.value = String(this.place[i]);
      if (axis.kind !== "range") return;
      control.setAttribute("aria-valuetext", this.labelOf(i));
      this.root.querySelector(`[data-value="${axis.name}"]`).textContent = this.labelOf(i);
    });
  }

  async draw() {
    this.figure = this.grid.figure(this.position);
    const { data, layout } = this.figure;
    const shown = this.pinned ? [...data, ...ghosts(this.pinned, this.graph)] : data;
    await this.Plotly.react(this.graph, shown, fitted({ data: shown, layout }, this.graph), CONFIG);
    this.speak();
    if (this.numbers.open) this.showTable();
    this.listeners.forEach((listener) => listener(this));
  }

  // Fast motion would flood a screen reader: the reading settles with the hand.
  speak() {
    clearTimeout(this.quiet);
    const now = performance.now();
    const text = (this.refused ?? "") + this.meta.summary;
    const say = () => {
      this.spoken = performance.now();
      if (this.status.textContent !== text) this.status.textContent = text;
    };
    if (!(now - this.spoken < QUIET_MS)) say();
    else this.quiet = setTimeout(say, QUIET_MS - (now - this.spoken));
  }

  play(i) {
    this.stop();
    const last = this.axes[i].labels.length - 1;
    const next = () => (this.place[i] === last ? 0 : this.place[i] + 1);
    this.move(i, next());
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    this.playing = i;
    this.status.setAttribute("aria-live", "off");
    this.showPlay(i, true);
    this.timer = setInterval(() => {
      if (document.hidden) return;
      if (this.place[i] === last) this.stop();
      else this.move(i, next());
    }, STEP_MS);
  }

  stop() {
    if (this.playing === undefined) return;
    clearInterval(this.timer);
    this.showPlay(this.playing, false);
    this.playing = undefined;
    this.status.setAttribute("aria-live", "polite");
  }

  showPlay(i, on) {
    const button = this.root.querySelector(`[data-play="${this.axes[i].name}"]`);
    button.textContent = on ? "❚❚" : "▶";
    button.setAttribute("aria-label", `${on ? "Stop" : "Play"} ${this.axes[i].label}`);
  }

  pin() {
    this.pinned = this.figure;
    this.showPin("Unpin");
  }

  unpin() {
    if (!this.pinned) return;
    this.pinned = null;
    this.showPin("Pin");
  }

  showPin(text) {
    this.pinButton.textContent = text;
    this.pinButton.setAttribute("aria-pressed", String(Boolean(this.pinned)));
    this.go(this.place, { address: false });
  }

  pick(event) {
    const point = event.points?.[0];
    if (!point) return;
    for (const pick of [this.meta.pick ?? []].flat()) {
      const target = explorers.get(pick.explorer ?? this.name);
      const values = Object.entries(pick.set).map(([axis, source]) => [axis, point[source]]);
      target?.set({ ...Object.fromEntries(values), ...pick.fixed }, { snap: true });
    }
  }

  get address() {
    const state = new URLSearchParams(this.axes.map((axis, i) => [axis.name, this.labelOf(i)]));
    return `#${this.name}?${state}`;
  }

  writeAddress() {
    clearTimeout(this.writing);
    this.writing = setTimeout(() => writeAddress(this.address), QUIET_MS);
  }

  async copyLink(button) {
    const link = new URL(this.address, location.href).href;
    try {
      await navigator.clipboard.writeText(link);
      button.textContent = "Copied";
      this.status.textContent = `The link is copied. ${this.meta.summary}`;
    } catch {
      location.hash = this.address;
      button.textContent = "In the address bar";
    }
    setTimeout(() => (button.textContent = "Link"), 2000);
  }

  showTable() {
    if (!this.numbers.open) return;
    drawTable(this.figure, this.numbers.querySelector(".explorer-table"), this.digits);
  }

  download() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([csv(this.figure, this.digits)], { type: "text/csv" }));
    link.download = `${this.name}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }
}

// The position of a value in an axis: its label, or the closest number where values between
// the listed ones make sense. -1 where there is none.
function position(axis, value, snap) {
  const exact = axis.labels.indexOf(String(value));
  if (exact >= 0) return exact;
  const wanted = typeof value === "string" && value.trim() === "" ? NaN : Number(value);
  if (!axis.values || axis.kind !== "range" || !Number.isFinite(wanted)) return -1;
  if (axis.scale === "log" && wanted <= 0) return -1;
  const inside = axis.scale && wanted >= axis.values[0] && wanted <= axis.values.at(-1);
  if (!snap && !inside) return axis.values.indexOf(wanted);
  const at = axis.scale === "log" ? Math.log : Number;
  const gaps = axis.values.map((candidate) => Math.abs(at(candidate) - at(wanted)));
  return gaps.indexOf(Math.min(...gaps));
}
