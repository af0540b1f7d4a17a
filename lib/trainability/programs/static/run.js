// A training run (run.py): a start, and a step that is made as often as is wished.

import { Generator } from "./generator.js";
import { Program, copier, listed, restless, rowsOf } from "./runtime.js";

const MOST_DRAWN = 400;

export class Run extends Program {
  count = 0;

  // Begins anew, with `seed` among the settings and tables as rows of numbers.
  begin(settings) {
    this.take(settings);
    this.generator = new Generator(settings.seed ?? 0);
    this.count = 0;
    this.keeping = null;
    this.histories = Object.fromEntries(Object.keys(this.plan.kept).map((name) => [name, new History()]));
    for (const part of this.parts.init) part.run();
    for (const start of this.starts) start();
  }

  // Goes on where another run of the same state stands: by another plan, or at other settings.
  resume(other, settings) {
    const state = other.state();
    this.take(settings);
    for (const [name, array] of Object.entries(state)) {
      const { data } = this.held(name);
      if (data.length !== array.length) throw new Error(`The plans differ in their ${name}.`);
      data.set(array);
    }
    const { generator, count, histories } = other;
    Object.assign(this, { generator, count, histories, keeping: null });
  }

  // One step; false where what it keeps is no longer finite, and then it stays where it was.
  step() {
    const before = this.draws ? this.generator.state : null;
    this.settings.step = this.count;
    this.runBoth();
    this.runPart("step");
    this.keeping ??= Object.entries(this.plan.kept).map(([name, place]) => [
      this.tensors[place],
      this.histories[name],
      name,
    ]);
    for (const [{ data, offset }, , name] of this.keeping) {
      if (Number.isFinite(data[offset])) continue;
      if (this.draws) this.generator.state = before;
      this.diverged = name;
      return false;
    }
    for (const [{ data, offset }, history] of this.keeping) history.push(data[offset]);
    this.carries ??= this.carriers();
    for (const carry of this.carries) carry();
    this.count += 1;
    this.current = false;
    return true;
  }

  // What becomes the next state: straight, but by way of other numbers where one part of a state
  // becomes another. They are known once a step has run.
  carriers() {
    const parts = Object.values(this.plan.state).map(([, held, next]) => [this.tensors[held], this.tensors[next]]);
    const helds = new Set(parts.map(([{ data }]) => data));
    const moved = parts.filter(([held, next]) => held !== next);
    const apart = moved.filter(([, next]) => helds.has(next.data));
    const asides = apart.map(([held, next]) => ({ held, next, aside: { ...held, data: held.data.slice() } }));
    return [
      ...asides.map(({ aside, next }) => copier(aside, next)),
      ...moved.filter((part) => !apart.includes(part)).map(([held, next]) => copier(held, next)),
      ...asides.map(({ held, aside }) => copier(held, aside)),
    ];
  }

  // All of it the first time after settings have changed; then what can have become another.
  runPart(name) {
    const { parts, restless: known } = this;
    for (const part of known[name] ?? parts[name]) part.run();
    known[name] ??= parts[name].filter((part, i) => this.moves[name][i] && !part.run.stands?.());
  }

  // Once for each state: what is read of it is where the next step begins.
  runBoth() {
    if (!this.current) this.runPart("both");
    this.current = true;
  }

  // What there is by name: the state, one number a step of what is kept, and what is read of it.
  outputs() {
    this.settings.step = this.count;
    this.runBoth();
    this.runPart("read");
    const histories = Object.entries(this.histories).map(([name, history]) => [name, history.numbers()]);
    return { ...this.state(), ...Object.fromEntries(histories), ...super.outputs() };
  }

  // The dimensions of an output.
  shapeOf(name) {
    if (name in this.plan.kept) return [this.count];
    const place = this.plan.state[name]?.[1] ?? this.plan.outputs[name];
    return this.tensors[place].shape;
  }

  state() {
    return Object.fromEntries(Object.keys(this.plan.state).map((name) => [name, listed(this.held(name))]));
  }

  held(name) {
    return this.tensors[this.plan.state[name][1]];
  }

  take(given) {
    const settings = { ...given, step: 0, ...rowsOf(this.plan.tables, given) };
    const fresh = !this.parts || this.sizes.some((name) => settings[name] !== this.settings[name]);
    this.settings = settings;
    [this.diverged, this.current] = [null, false];
    this.restless = {};
    if (fresh) {
      this.parts = null;
      this.parts = this.prepare();
    }
    this.fillTables(settings);
  }

  prepare() {
    const { state, tables, both, step, read } = this.plan;
    const places = Object.values(state).map(([, held]) => held);
    const init = super.prepare([...Object.values(tables), ...places]);
    const moving = new Set(places);
    this.moves = { both: restless(both, moving) };
    for (const [name, code] of Object.entries({ step, read })) this.moves[name] = restless(code, new Set(moving));
    const compiled = (name) => this.compiledAll(this.plan[name], this.moves[name].map(String), this.wantedOf(name));
    const parts = { init, both: compiled("both"), step: compiled("step"), read: compiled("read") };
    this.starts = Object.values(state).map(([made, held]) => copier(this.tensors[held], this.tensors[made]));
    [this.carries, this.keeping] = [null, null];
    this.draws = parts.step.some((part) => part.draws);
    return parts;
  }
}

// Which of so many steps a figure shows, as run.py chooses.
export function thinned(steps) {
  let stride = 1;
  while (steps > MOST_DRAWN * stride) stride *= 2;
  const shown = Array.from({ length: Math.ceil(steps / stride) }, (_, i) => i * stride);
  if (steps > 0 && shown.at(-1) !== steps - 1) shown.push(steps - 1);
  return shown;
}

// Numbers that become more.
class History {
  numbersSoFar = new Float64Array(64);
  length = 0;

  push(number) {
    if (this.length === this.numbersSoFar.length) {
      const more = new Float64Array(2 * this.length);
      more.set(this.numbersSoFar);
      this.numbersSoFar = more;
    }
    this.numbersSoFar[this.length++] = number;
  }

  numbers() {
    return this.numbersSoFar.slice(0, this.length);
  }
}
