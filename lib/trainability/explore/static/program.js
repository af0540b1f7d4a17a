// Figures that the page computes: a plan for each way to choose, and a figure that it fills.

import { labelAt, valueAt } from "./axis.js";
import { revive } from "./codec.js";
import { filled } from "./figure.js";
import { Program } from "./runtime.js";

const SLICE_MS = 12;

export class ProgramSource {
  between = true;
  addressed = true;
  key = null;

  constructor(root) {
    const payload = JSON.parse(root.querySelector(".explorer-payload").textContent);
    const { name, link, digits, axes, figure, template, choices, plans } = payload;
    Object.assign(this, { name, link, digits, axes: revive(axes), first: revive(figure) });
    Object.assign(this, { template: revive(template), choices, plans });
    this.start = String(this.axes.map((axis) => axis.start));
  }

  async open() {}

  serve(place) {
    if (!this.busy) return this.compute(place);
    this.wanted?.resolve(null); // a later state takes its turn
    return new Promise((resolve) => (this.wanted = { place, resolve }));
  }

  // At once where a slice of time is enough for it; otherwise a promise.
  compute(place) {
    if (String(place) === this.start) return { figure: this.first }; // torch's own
    const work = this.work(place);
    const end = performance.now() + SLICE_MS;
    while (performance.now() < end) {
      const { done, value } = work.next();
      if (done) return value;
    }
    return this.finish(work);
  }

  async finish(work) {
    this.busy = true;
    let answer = null;
    while (!answer) {
      await pause();
      const end = performance.now() + SLICE_MS;
      while (!answer && performance.now() < end) {
        const { done, value } = work.next();
        if (done) answer = value;
      }
    }
    this.follow();
    return answer;
  }

  // What was asked for meanwhile comes after this answer has been drawn.
  async follow() {
    await pause();
    this.busy = false;
    const { wanted } = this;
    this.wanted = null;
    if (wanted) wanted.resolve(await this.compute(wanted.place));
  }

  *work(place) {
    const settings = this.settings(place);
    try {
      const program = this.programFor(settings);
      this.outputs = yield* program.inSteps(settings);
      const scalars = ([name, array]) => [name, program.isScalar(name) ? array[0] : array];
      const numbers = Object.fromEntries(Object.entries(this.outputs).map(scalars));
      this.figure = filled(this.template, { ...settings, ...numbers });
      this.computed = String(place);
      return { figure: this.figure };
    } catch (error) {
      this.key = null; // what is half done is begun anew
      const last = this.figure ?? this.first;
      const meta = { ...last.layout.meta, summary: error.message };
      return { figure: { ...last, layout: { ...last.layout, meta } } };
    }
  }

  settings(place) {
    const read = (axis, i) => (this.choices.includes(axis.name) ? labelAt : shownValue)(axis, place[i]);
    return Object.fromEntries(this.axes.map((axis, i) => [axis.name, read(axis, i)]));
  }

  programFor(settings) {
    const key = this.choices.map((name) => settings[name]).join("\n");
    if (key !== this.key) {
      this.program = new Program(this.plans[key]);
      this.key = key;
    }
    return this.program;
  }

  // An output by its name, computed now where it has not been.
  numbers(name, place) {
    if (this.computed !== String(place)) {
      const work = this.work(place);
      while (!work.next().done);
    }
    return this.outputs?.[name];
  }
}

// Between two listed values counts what the page shows, so that an address means the same number.
function shownValue(axis, at) {
  return Number.isInteger(at) ? valueAt(axis, at) : Number(labelAt(axis, at));
}

// Lets the page answer; a timer would wait four milliseconds each time.
function pause() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    const answer = () => {
      port1.close();
      resolve();
    };
    port1.addEventListener("message", answer, { once: true });
    port1.start();
    port2.postMessage(null);
  });
}
