// An explorer in which a reader trains. Nothing starts by itself, and what he cannot see rests.

import { addressed } from "./address.js";
import { labelAt, placeOf } from "./axis.js";
import { filled, numberInWords } from "./figure.js";
import { ProgramSource, SLICE_MS, pause, shapedAll } from "./program.js";
import { Run, thinned } from "./run.js";
import { Explorer } from "./view.js";

const MOST_STEPS = 1e6;
const MOST_STEPS_OF_A_LINK = 1e5;
const CALM_MS = 500; // between two pictures, where motion is not wanted
const LONGEST_GAP_MS = 100; // a page that was away does not catch up
const SMOOTH_MS = 35; // between two pictures: two frames, and not quite a third
const IN_ADDRESS = "*"; // between the parts of a change, as no label has it

export class RunSource extends ProgramSource {
  changes = [];

  constructor(payload, states) {
    super(payload, states);
    this.anew = payload.anew;
  }

  get count() {
    return this.run?.count ?? 0;
  }

  serve(place) {
    try {
      if (!this.run && String(place) === this.start) return { figure: this.first }; // torch's own
      this.bring(place);
      const { run } = this;
      const shown = thinned(run.count);
      const outputs = shapedAll(run.outputs(), run);
      for (const name of Object.keys(run.plan.kept)) outputs[name] = shown.map((step) => outputs[name][step]);
      this.figure = filled(this.given.template, { ...this.settings(place), step: run.count, steps: shown, ...outputs });
      return { figure: this.figure };
    } catch (error) {
      this.forget(); // what is half done is begun anew
      return { figure: this.failed(error) };
    }
  }

  // Brings the run to these settings: anew, or on from where it stands.
  bring(place) {
    const moved = this.axes.filter((_, i) => !this.run || String(place[i]) !== String(this.place[i]));
    if (this.run && !moved.length) return;
    const settings = this.settings(place);
    if (!this.run || moved.some(({ name }) => this.anew.includes(name))) {
      this.changes = [];
      this.programFor(settings).begin(settings);
    } else {
      for (const axis of moved) this.noteChange(axis);
      const before = this.run;
      this.programFor(settings).resume(before, settings);
    }
    this.run = this.program;
    this.place = place;
  }

  // Since when a setting that acts at once has its value, so that a link can tell the whole run.
  noteChange(axis) {
    const old = this.place[this.axes.indexOf(axis)];
    const noted = this.changes.some(({ step, name }) => step === this.count && name === axis.name);
    if (this.count && !noted) this.changes.push({ step: this.count, name: axis.name, label: labelAt(axis, old) });
  }

  programFor(settings) {
    return super.programFor(settings, Run);
  }

  forget() {
    this.key = null;
    this.run = null;
    this.changes = [];
  }

  numbers(name, place) {
    this.bring(place);
    return this.run.outputs()[name];
  }
}

export class TrainingExplorer extends Explorer {
  constructor(root, source) {
    super(root, source);
    addressed.get(this.name)?.push("step", "until");
    this.sight = new IntersectionObserver((changes) => {
      this.seen = changes.at(-1).isIntersecting;
      this.wake?.();
    });
    this.sight.observe(root);
    this.ended = new AbortController();
    document.addEventListener("visibilitychange", () => this.wake?.(), { signal: this.ended.signal });
  }

  bindActions() {
    super.bindActions();
    const button = (name) => this.root.querySelector(`[data-action="${name}"]`);
    this.trainButton = button("train");
    this.trainButton.addEventListener("click", () => (this.training ? this.pause() : this.train()));
    button("step").addEventListener("click", () => this.step(1));
    button("restart").addEventListener("click", () => this.restart());
    button("reset").addEventListener("click", () => {
      this.pause();
      this.restart();
    });
    const seed = this.axes.find(({ kind }) => kind === "number");
    button("seed").hidden = !seed;
    button("seed").addEventListener("click", () => this.set({ [seed.name]: Math.floor(Math.random() * 1e6) }));
  }

  train() {
    if (this.training) return;
    this.stop();
    this.refused = "";
    this.training = Symbol("one press of the button");
    this.showTraining();
    this.status.setAttribute("aria-live", "off"); // a flood; what is reached is said at rest
    this.keepOn(this.training);
  }

  pause() {
    if (!this.training) return;
    this.training = null;
    this.wake?.();
    this.showTraining();
    this.status.setAttribute("aria-live", "polite");
    this.writeAddress();
  }

  // Makes so many steps; promises the painted figure.
  async step(count = 1) {
    this.pause();
    this.refused = "";
    await this.advance(count);
    return this.go(this.place);
  }

  restart() {
    this.refused = "";
    this.source.forget();
    return this.go(this.place);
  }

  async keepOn(turn) {
    let [last, drawn, owed, slice] = [performance.now(), -Infinity, 0, SLICE_MS];
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches ? CALM_MS : 0;
    while (this.training === turn) {
      if (document.hidden || this.seen === false) {
        await new Promise((resolve) => (this.wake = resolve));
        last = performance.now();
      }
      const now = await new Promise(requestAnimationFrame);
      if (this.training !== turn) return;
      owed += (Math.min(now - last, LONGEST_GAP_MS) * this.pace()) / 1000;
      // Where pictures come slowly, fewer steps are made between two.
      slice = now - last > SMOOTH_MS ? slice / 2 : Math.min(1.02 * slice, SLICE_MS);
      last = now;
      owed -= this.advanceInSlice(Math.floor(owed), slice);
      owed = Math.min(owed, this.pace()); // what the page is too slow for is not made up
      if (this.refused) this.pause();
      if (this.training && now - drawn < calm) continue;
      drawn = now;
      this.moving = Boolean(this.training);
      await this.go(this.place, { address: !this.training, lead: false });
    }
  }

  pace() {
    return Number(this.root.querySelector("[data-pace]").value);
  }

  async advance(count) {
    for (let left = count; left > 0 && !this.refused;) {
      left -= this.advanceInSlice(left);
      if (left > 0) await pause();
    }
  }

  // As many steps as a slice of time has room for, and at least one.
  advanceInSlice(most, slice = SLICE_MS) {
    const { source } = this;
    const begin = performance.now();
    let made = 0;
    try {
      source.bring(this.place);
      do {
        if (made >= most) break;
        if (source.count >= MOST_STEPS) this.refused = `This run ends at ${MOST_STEPS} steps. `;
        else if (!source.run.step()) this.refused = this.diverged(source.run);
        made += 1;
      } while (!this.refused && (performance.now() - begin) * (1 + 1 / made) < slice);
    } catch (error) {
      this.refused = `${error.message} `;
      source.forget();
    }
    return made;
  }

  // At which step, and where the largest numbers are.
  diverged(run) {
    const sizes = Object.entries(run.state()).map(([name, array]) => [name, array.reduce(larger, 0)]);
    const [where, size] = sizes.reduce((most, each) => (each[1] > most[1] ? each : most));
    const largest = numberInWords(size, 2);
    return `Diverged at step ${run.count + 1}: ${run.diverged} is no finite number; the largest is ${largest}, in ${where}. `;
  }

  go(place, options) {
    const painted = super.go(place, options);
    this.showCount();
    return painted;
  }

  async paint(answer) {
    await super.paint(answer);
    this.showCount();
  }

  showCount() {
    const { count } = this.source;
    this.root.dataset.step = String(count);
    const text = `step ${count}`;
    const output = this.root.querySelector(".explorer-count");
    if (output.textContent !== text) output.textContent = text;
  }

  showTraining() {
    this.trainButton.textContent = this.training ? "Pause" : "Train";
    this.root.dataset.training = this.training ? "on" : "off";
  }

  // Settings by name, and to which step; `until` says what they were before.
  set({ step, until, ...values }, options) {
    const painted = super.set(values, options);
    return step === undefined && until === undefined ? painted : this.replay(step, until);
  }

  async replay(step, until = "") {
    const changes = this.changesIn(until);
    const count = Number(step ?? 0);
    const possible = Number.isInteger(count) && count >= 0 && count <= MOST_STEPS_OF_A_LINK;
    if (!changes || !possible) {
      this.refused = `${this.refused}This link is damaged: it asks for step=${step}${until && `, until=${until}`}. `;
      return this.go(this.place);
    }
    this.pause();
    this.source.forget();
    const last = this.place;
    const places = changes.reduceRight(
      (later, { i, place }) => [later[0].map((at, k) => (k === i ? place : at)), ...later],
      [last],
    );
    this.root.ariaBusy = "true";
    for (const [k, place] of places.entries()) {
      this.place = place;
      await this.advance((changes[k]?.step ?? count) - this.source.count);
    }
    this.root.ariaBusy = null;
    return this.go(last);
  }

  // Each change: at which step, of which axis, and its place before.
  changesIn(text) {
    const parts = text ? String(text).split(IN_ADDRESS) : [];
    const changes = [];
    for (let at = 0; at < parts.length; at += 3) {
      const [step, name, label] = parts.slice(at, at + 3);
      const i = this.axes.findIndex((axis) => axis.name === name);
      const place = i < 0 || label === undefined ? -1 : placeOf(this.axes[i], label, this.source);
      const after = changes.at(-1)?.step ?? 0;
      if (place === -1 || !/^\d+$/.test(step) || Number(step) < after || Number(step) > MOST_STEPS_OF_A_LINK)
        return null;
      changes.push({ step: Number(step), i, place });
    }
    return changes;
  }

  get address() {
    const { count, changes } = this.source;
    const [, query] = super.address.split("?");
    const state = new URLSearchParams(query);
    if (count) state.set("step", String(count));
    const until = changes.map(({ step, name, label }) => [step, name, label].join(IN_ADDRESS)).join(IN_ADDRESS);
    if (until) state.set("until", until);
    return `#${this.name}?${state}`;
  }

  writeAddress() {
    if (!this.training) super.writeAddress();
  }

  close() {
    this.pause();
    this.sight.disconnect();
    this.ended.abort();
    super.close();
  }
}

function larger(most, number) {
  return Math.max(most, Math.abs(number));
}
