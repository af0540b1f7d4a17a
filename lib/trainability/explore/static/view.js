// One explorer: its controls, its picture, its reading, its address. A source gives the figure of
// a state: `serve(place)` returns or promises {figure, caption, notes} or {error}, or null where a
// later state has taken its turn.

import { QUIET_MS, addressed, writeAddress } from "./address.js";
import { labelAt, placeOf, valueAt } from "./axis.js";
import { CONFIG, atLeisure, copyOf, failed, fitted, ghosts, hasGhost, loadPlotly, onNewWidth } from "./drawing.js";
import { Grips } from "./grips.js";
import { clearLight, drawLight } from "./light.js";
import { Points } from "./points.js";
import { explorers, tell } from "./registry.js";
import { csv, decoded, drawTable } from "./table.js";

const STEP_MS = 140;
const SLOW_MS = 400;
const REST_MS = 150;
const ROUNDING = 1e-9; // of a place that went to another explorer and back

export class Explorer {
  constructor(root, source) {
    this.root = root;
    this.source = source;
    this.name = source.name;
    this.axes = source.axes;
    this.place = this.axes.map((axis) => axis.start);
    this.shown = this.place; // where the figure stands, which may come after the controls
    this.graph = root.querySelector(".explorer-graph");
    this.status = root.querySelector('[role="status"]');
    this.caption = root.querySelector(".explorer-caption");
    this.figure = source.first;
    this.pinned = null;
    root.explorer = this;
    explorers.set(this.name, this);
    if (source.addressed) {
      const names = this.axes.map((axis) => axis.name);
      addressed.set(this.name, names);
    }
    this.bindControls();
    this.bindActions();
    const examples = this.axes.findIndex(({ kind }) => kind === "examples");
    if (examples >= 0) this.points = new Points(this, examples);
  }

  // From here on it can be used; plotly comes for who points at the picture, or where it must.
  open() {
    this.opening ??= this.begin();
    return this.opening;
  }

  async begin() {
    const ready = this.source.open();
    await this.paint(this.source.answer); // of the start, while the source gets ready
    await ready;
    if (this.closed) return;
    this.begun = true;
    if (this.stale) await this.draw();
    this.stale = false;
    onNewWidth(this.graph, () => this.paint());
    this.graph.addEventListener("pointerover", () => this.ask());
    this.root.dataset.usable = "true";
    if (this.points || this.meta.handles || this.meta.pick) atLeisure(() => this.ask());
  }

  // Plotly's picture, with all that can be done in it.
  complete() {
    if (!this.completing) {
      this.completing = this.bring();
      const both = this.completing.then(() => this.open());
      both.then(() => (this.root.dataset.ready = "true")).catch((error) => this.fail(error));
    }
    return this.completing;
  }

  // Where it cannot be had, the light picture stays.
  ask() {
    this.complete().catch((error) => this.fail(error));
  }

  async bring() {
    const Plotly = await loadPlotly(this.source.plotly && (() => this.source.plotly()));
    if (this.closed) return;
    this.Plotly = Plotly;
    await this.paint();
    this.graph.on("plotly_click", (event) => this.pick(event));
    this.points?.bindGraph();
    if (this.meta.handles) this.grips = new Grips(this.graph, () => this.handles());
  }

  fail(error) {
    if (!this.drawn) failed(this.root, error);
  }

  // What the page and a teacher's script can ask.
  state() {
    const { read = valueAt } = this.source;
    return Object.fromEntries(this.axes.map((axis, i) => [axis.name, read(axis, this.place[i])]));
  }

  // The numbers of a curve by its name.
  numbers(name) {
    const output = this.source.numbers?.(name, this.place);
    if (output) return output;
    const trace = this.figure.data.find((each) => each.name === name);
    const values = trace && decoded(trace.z ?? trace.y ?? trace.x);
    return values === undefined ? undefined : Float64Array.from(Array.from(values).flatMap(listed));
  }

  bindControls() {
    this.controls = this.axes.map((axis) => this.root.querySelector(`[data-axis="${axis.name}"]`));
    this.axes.forEach((axis, i) => {
      const control = this.controls[i];
      control?.addEventListener("input", () => {
        this.stop();
        if (axis.kind === "number" && !this.typed(control)) return;
        this.moving = true;
        this.move(i, axis.kind === "checkbox" ? Number(control.checked) : Number(control.value));
      });
      const play = this.root.querySelector(`[data-play="${axis.name}"]`);
      play?.addEventListener("click", () => (this.playing === i ? this.stop() : this.play(i)));
    });
    this.root.querySelector("fieldset").disabled = false;
    this.showControls();
  }

  // What is typed counts once it is a number that can be had; until then the page says which can.
  typed(control) {
    const { valid } = control.validity;
    control.setAttribute("aria-invalid", String(!valid));
    this.refused = valid ? "" : `Type a whole number from ${control.min} to ${control.max}. `;
    this.speak();
    return valid;
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
    this.details = this.root.querySelector("details");
    this.details.addEventListener("toggle", () => this.showTable());
  }

  get meta() {
    return this.figure.layout.meta;
  }

  labelOf(i) {
    return labelAt(this.axes[i], this.place[i]);
  }

  move(i, index) {
    this.refused = "";
    return this.go(this.place.map((old, k) => (k === i ? index : old)));
  }

  go(place, { address = true, lead = true } = {}) {
    this.place = place;
    this.showControls();
    if (address && this.source.addressed) this.writeAddress();
    this.stale = true;
    this.painted ??= promised();
    const { promise } = this.painted;
    if (this.begun && !this.frame) this.drawInFrame();
    else this.open();
    if (lead) this.lead();
    return promise;
  }

  // In the next frame, so that what the reader moves is painted first.
  lead() {
    if (!this.source.link || this.leading) return;
    this.leading = requestAnimationFrame(() => {
      this.leading = null;
      for (const other of explorers.values()) {
        if (other !== this && other.source.link === this.source.link) other.follow(this);
      }
    });
  }

  follow(leader) {
    const place = this.axes.map((axis, i) => {
      const k = leader.axes.findIndex(({ name }) => name === axis.name);
      const value = k < 0 ? null : valueAt(leader.axes[k], leader.place[k]);
      const index = value === null ? -1 : placeOf(axis, value, this.source);
      return index < 0 ? this.place[i] : index;
    });
    const moved = place.some((index, i) => Math.abs(index - this.place[i]) > ROUNDING);
    // Who follows does not lead: it would take the leader back to where that one was.
    if (!moved) return;
    this.moving = leader.moving;
    this.go(place, { address: false, lead: false });
  }

  // At once, then once a frame: the first change of a frame is painted in that frame.
  drawInFrame() {
    this.stale = false;
    this.frame = requestAnimationFrame(() => {
      this.frame = null;
      if (this.stale) this.drawInFrame();
    });
    this.draw().catch((error) => failed(this.root, error));
  }

  // Values by axis name, numbers or labels; promises the painted figure. What cannot be had is
  // said, not guessed; only a click on a figure means the nearest.
  set(values, { snap = false } = {}) {
    const refused = [];
    const place = [...this.place];
    for (const [name, value] of Object.entries(values)) {
      const i = this.axes.findIndex((axis) => axis.name === name);
      const index = i < 0 ? -1 : placeOf(this.axes[i], value, { between: this.source.between, snap });
      if (index < 0) refused.push(`${name}=${value}`);
      else place[i] = index;
    }
    this.refused = refused.length ? `This figure has no ${refused.join(", ")}. ` : "";
    this.stop();
    return this.go(place);
  }

  showControls() {
    this.axes.forEach((axis, i) => {
      const control = this.controls[i];
      if (!control) return;
      if (axis.kind === "checkbox") control.checked = Boolean(this.place[i]);
      else if (control.value !== String(this.place[i])) control.value = String(this.place[i]);
      if (axis.kind !== "range") return;
      control.setAttribute("aria-valuetext", this.labelOf(i));
      this.root.querySelector(`[data-value="${axis.name}"]`).textContent = this.labelOf(i);
    });
    this.points?.show();
  }

  async draw() {
    const asked = (this.asked = this.painted ?? promised());
    this.painted = null;
    const place = this.place;
    const served = this.source.serve(place);
    const answer = served instanceof Promise ? await this.awaited(served, asked) : served;
    // A later state took its turn: who waits for this one waits for that.
    if (!answer) return void this.asked.promise.then(asked.resolve);
    if (this.closed) return void asked.resolve(this.figure);
    if (answer.figure) [this.figure, this.shown] = [answer.figure, place];
    await this.paint(answer);
    asked.resolve(this.figure);
  }

  // A slow source says that it works.
  async awaited(served, asked) {
    const slow = setTimeout(() => {
      this.root.ariaBusy = "true";
      if (this.caption) this.explain({ caption: "Computing …" });
    }, SLOW_MS);
    const answer = await served;
    clearTimeout(slow);
    if (this.asked === asked) this.root.ariaBusy = null;
    return answer;
  }

  async paint(answer = {}) {
    if (this.closed) return;
    const { data, layout } = this.figure;
    const shown = [...data, ...this.marks(), ...(this.pinned ? ghosts(this.pinned, this.graph) : [])];
    await this.picture({ data: shown, layout: fitted({ data: shown, layout }, this.graph) });
    this.drawn = true;
    if (this.caption && answer.caption) this.explain(answer);
    if (answer.error) return;
    this.speak();
    if (this.details.open) this.showTable();
    tell(this);
  }

  // While a hand or a run moves it, the light draws, over plotly where that is there; at rest plotly.
  async picture(next) {
    clearTimeout(this.resting);
    if (!this.Plotly) {
      if (!drawLight(this.graph, next)) await this.complete();
      return;
    }
    if (this.moving && this.whole && drawLight(this.graph, next, this.whole)) {
      Object.assign(this.graph, next);
      this.resting = setTimeout(() => this.rest(), REST_MS);
      return;
    }
    clearLight(this.graph);
    const { data, layout } = copyOf(next);
    await this.Plotly.react(this.graph, data, layout, CONFIG);
    this.whole = next;
  }

  rest() {
    this.moving = false;
    this.paint();
  }

  // What is drawn besides the figure.
  marks() {
    return this.points?.ring() ?? [];
  }

  // Places of the figure that a hand moves, and the axes that follow.
  handles() {
    return this.meta.handles.map(({ set, ...grip }) => ({
      ...grip,
      move: (x, y) => {
        const values = Object.entries(set).map(([axis, source]) => [axis, source === "x" ? x : y]);
        this.set(Object.fromEntries(values), { snap: true });
      },
    }));
  }

  // Where and how fast a kernel computed, what it warned of, or why it could not.
  explain({ caption, notes = [], error }) {
    const lines = [caption, ...notes].map((text) => {
      const line = document.createElement("p");
      line.textContent = text;
      return line;
    });
    if (error) lines[0].role = "alert";
    this.caption.replaceChildren(...lines);
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
    const next = () => (this.place[i] === last ? 0 : Math.floor(this.place[i]) + 1);
    this.move(i, next());
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    this.playing = i;
    const turn = (this.turn = Symbol("one press of the button"));
    this.status.setAttribute("aria-live", "off");
    this.showPlay(i, true);
    const step = async () => {
      if (this.place[i] === last) return this.stop();
      // A slow source is not asked for more than it can draw.
      this.moving = true;
      const painted = document.hidden ? null : this.move(i, next());
      await painted;
      if (this.playing === i && this.turn === turn) this.timer = setTimeout(step, STEP_MS);
    };
    this.timer = setTimeout(step, STEP_MS);
  }

  stop() {
    this.moving = false;
    if (this.playing === undefined) return;
    clearTimeout(this.timer);
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
    if (this.drawn) this.paint();
  }

  pick(event) {
    const point = event.points?.[0];
    if (!point) return;
    for (const pick of [this.meta.pick ?? []].flat()) {
      const target = pick.explorer ? explorers.get(pick.explorer) : this;
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

  close() {
    this.closed = true;
    this.stop();
    clearTimeout(this.quiet);
    clearTimeout(this.resting);
    cancelAnimationFrame(this.frame);
    cancelAnimationFrame(this.leading);
    this.points?.close();
    this.grips?.close();
    this.source.close?.();
    if (explorers.get(this.name) === this) explorers.delete(this.name);
    if (this.Plotly) this.Plotly.purge(this.graph);
  }

  showTable() {
    if (!this.details.open) return;
    drawTable(this.figure, this.details.querySelector(".explorer-table"), this.source.digits);
  }

  download() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([csv(this.figure, this.source.digits)], { type: "text/csv" }));
    link.download = `${this.name}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }
}

// A row of a surface, or a number.
function listed(part) {
  return part?.length === undefined ? part : Array.from(part);
}

function promised() {
  let resolve;
  const promise = new Promise((settle) => (resolve = settle));
  return { promise, resolve };
}
