// Figures that the page computes: a plan for each way to choose, and a figure that it fills.

import { labelAt, shownAt } from "./axis.js";
import { revive } from "./codec.js";
import { filled } from "./figure.js";
import { Program } from "./runtime.js";

export const SLICE_MS = 12;

export class ProgramSource {
  between = true;
  addressed = true;
  read = shownAt;
  key = null;

  constructor(payload, states) {
    const { name, link, digits, axes, figure, choices } = payload;
    Object.assign(this, { states, name, link, digits, choices, axes: revive(axes), first: revive(figure) });
    this.start = String(this.axes.map((axis) => axis.start));
  }

  // What computes another state than the first is long, and read once one is asked for.
  get given() {
    const { plans, constants, template } = this.states();
    const value = { plans: plansOf(plans, constants), template: revive(template) };
    Object.defineProperty(this, "given", { value });
    return value;
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
      this.figure = filled(this.given.template, { ...settings, ...shapedAll(this.outputs, program) });
      this.computed = String(place);
      return { figure: this.figure };
    } catch (error) {
      this.key = null; // what is half done is begun anew
      return { figure: this.failed(error) };
    }
  }

  // What could not be computed is part of the story; the last figure stands.
  failed({ message }) {
    const last = this.figure ?? this.first;
    return { ...last, layout: { ...last.layout, meta: { ...last.layout.meta, summary: message } } };
  }

  settings(place) {
    const read = (axis, i) => (this.choices.includes(axis.name) ? labelAt : shownAt)(axis, place[i]);
    return Object.fromEntries(this.axes.map((axis, i) => [axis.name, read(axis, i)]));
  }

  programFor(settings, Kind = Program) {
    const key = this.choices.map((name) => settings[name]).join("\n");
    if (key !== this.key) {
      this.program = new Kind(this.given.plans[key]);
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

// What several plans hold in common is in the payload once.
function plansOf(plans, constants) {
  const whole = (plan) => ({ ...plan, constants: plan.constants.map(([place, k]) => [place, constants[k]]) });
  return Object.fromEntries(Object.entries(plans).map(([key, plan]) => [key, whole(plan)]));
}

// Outputs as a figure has them: a number, an array, or rows.
export function shapedAll(outputs, program) {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, array]) => [name, shaped(array, program.shapeOf(name))]),
  );
}

function shaped(array, [rows, columns]) {
  if (rows === undefined) return array[0];
  if (columns === undefined) return array;
  return Array.from({ length: rows }, (_, i) => array.subarray(i * columns, (i + 1) * columns));
}

// Lets the page answer; a timer would wait four milliseconds each time.
export function pause() {
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
