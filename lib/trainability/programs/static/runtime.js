// Runs a plan (plan.py): a list of instructions over tensors whose sizes depend on settings.

import { Generator } from "./generator.js";
import { FOLDS, KERNELS, eachRun, loops } from "./kernels.js";
import { Pool, lastUses, madeBy, placesIn } from "./memory.js";
import { product } from "./products.js";
import { ROUNDED } from "./rounding.js";
import { named, number } from "./sizes.js";

const VERSION = 2;
const MOST_BYTES = 2 ** 29;
const MOST_TURNS = 1e6;
const ARRAYS = {
  float32: Float32Array,
  float16: Float32Array,
  bfloat16: Float32Array,
  float64: Float64Array,
  int64: Float64Array,
  bool: Uint8Array,
};

export class Program {
  constructor(plan) {
    if (plan.version !== VERSION) throw new Error(`The plan has version ${plan.version}; this page reads ${VERSION}.`);
    this.plan = plan;
    this.settings = {};
    const parts = [plan.code, plan.both ?? [], plan.step ?? [], plan.read ?? []];
    const sizes = [plan.values.map(([, shape]) => shape), ...parts.map(turnsOf)];
    this.sizes = [...named(sizes, plan.settings)];
    this.needs = needsOf(plan);
  }

  // Computes for these settings, `seed` among them; returns typed arrays by name.
  run(settings) {
    const steps = this.inSteps(settings);
    for (let step = steps.next(); ; step = steps.next()) if (step.done) return step.value;
  }

  // The same, with a pause wherever another may want to work. What did not change is not computed
  // again, and what was left undone is done by the next run.
  *inSteps(given) {
    const settings = { ...given, ...rowsOf(this.plan.tables, given) };
    const changed = new Set(Object.keys(settings).filter((name) => settings[name] !== this.settings[name]));
    this.settings = { ...settings };
    const fresh = !this.steps || this.sizes.some((name) => changed.has(name));
    if (fresh) {
      this.steps = null;
      this.steps = this.prepare(Object.values(this.plan.tables));
    }
    this.fillTables(settings);
    if (fresh || changed.has("seed")) {
      this.generator = new Generator(settings.seed ?? 0);
      for (const step of this.steps) step.before = null;
    }
    this.steps.forEach((step, i) => (step.due ||= fresh || this.needs[i].some((name) => changed.has(name))));
    for (const step of this.steps) {
      if (!step.due) continue;
      // Numbers are drawn again from where they began.
      if (step.draws && step.before) this.generator.state = step.before;
      else if (step.draws) step.before = this.generator.state;
      if (step.turns) yield* step.turns();
      else step.run();
      step.due = false;
      yield;
    }
    return this.outputs();
  }

  // The dimensions of an output.
  shapeOf(name) {
    return this.tensors[this.plan.outputs[name]].shape;
  }

  fillTables(settings) {
    for (const [name, place] of Object.entries(this.plan.tables)) this.tensors[place].data.set(settings[name].flat());
  }

  outputs() {
    const places = Object.entries(this.plan.outputs);
    return Object.fromEntries(places.map(([name, place]) => [name, listed(this.tensors[place])]));
  }

  // Takes room, and makes of each instruction what runs; `given` are places that are put into.
  prepare(given = []) {
    const shapes = this.plan.values.map(([, shape]) => shape.map((part) => this.size(part)));
    this.tensors = this.plan.values.map(([dtype], i) => this.tensor(dtype, shapes[i]));
    this.bytes = 0;
    this.pool = null; // of memory that may be used again
    this.loops = 0; // around the part that is compiled
    this.nested = 1; // how often the part that is compiled is repeated
    for (const [place, numbers] of this.plan.constants) {
      this.own(place);
      this.tensors[place].data.set(numbers);
    }
    for (const place of given) this.own(place);
    return this.compiledAll(this.plan.code, this.needs.map(String), this.wantedOf("code"));
  }

  // What a part of the plan makes for others: what is returned, and what the other parts use.
  wantedOf(part) {
    const { code, both, step, read, outputs, state, kept } = this.plan;
    const others = Object.entries({ code, both, step, read }).filter(([name]) => name !== part);
    return placesIn([others.map(([, instructions]) => instructions ?? []), outputs, state ?? [], kept ?? []]);
  }

  // Each instruction as what runs. Those of one group are always repeated together, so only they
  // may write to the memory of each other.
  compiledAll(code, groups, wanted) {
    const uses = lastUses(code, groups, wanted);
    const around = this.pool;
    const pools = Object.fromEntries(groups.map((group) => [group, new Pool()]));
    const compiled = code.map((instruction, i) => {
      this.pool = pools[groups[i]];
      const made = this.compiled(instruction);
      for (const place of uses[i]) pools[groups[i]].give(this.tensors[place].data.buffer);
      return made;
    });
    this.pool = around; // what is taken later, by a view that has to copy, is its own for good
    return compiled;
  }

  size(expression) {
    const size = number(expression, this.settings);
    if (!Number.isInteger(size) || size < 0) throw new Error(`The plan has a size of ${size}.`);
    return size;
  }

  tensor(dtype, shape) {
    if (!Object.hasOwn(ARRAYS, dtype)) throw new Error(`The plan has numbers of type ${dtype}.`);
    return { dtype, shape, strides: contiguous(shape), offset: 0, data: null, round: ROUNDED[dtype] };
  }

  // Room for a tensor, that of another where its time is over; the sum is checked before any more
  // is taken.
  own(place) {
    const tensor = this.tensors[place];
    const count = countOf(tensor.shape);
    const kind = ARRAYS[tensor.dtype];
    const bytes = count * kind.BYTES_PER_ELEMENT;
    const again = this.pool?.take(bytes);
    if (!again) this.bytes += bytes;
    if (!(this.bytes <= MOST_BYTES))
      throw new Error("This would take more memory than a page should; make it smaller.");
    tensor.data = again ? new kind(again, 0, count) : new kind(count);
    return tensor;
  }

  compiled([name, place, ...operands]) {
    if (name === "scan") return this.scan(place, ...operands);
    const compile = Object.hasOwn(SPECIAL, name) ? SPECIAL[name] : elementwise;
    const run = compile(this, name, place, operands);
    return { run, draws: name === "randn" || name === "rand" };
  }

  // An operand: a tensor by its place, or a number that may follow a setting.
  operand(operand, like) {
    if (typeof operand === "number") return this.tensors[operand];
    const data = new (like.data instanceof Float64Array ? Float64Array : Float32Array)(1);
    const follow = () => (data[0] = number(operand.is, this.settings));
    if (typeof operand.is === "number") follow();
    return { data, offset: 0, shape: [], strides: [], follow: typeof operand.is === "number" ? null : follow };
  }

  scan(turns, reverse, carries, slices, stacks, code, finals) {
    const count = this.size(turns);
    this.nested *= count || 1;
    if (this.nested > MOST_TURNS) throw new Error(`The plan repeats a part ${this.nested} times.`);
    const { tensors } = this;
    const stacked = stacks.map(([whole, part]) => [this.own(whole), part]);
    for (const [inner] of carries) this.own(inner);
    for (const final of finals) this.own(final);
    for (const [inner, source] of slices) tensors[inner].data = tensors[source].data;
    this.loops += 1;
    const ends = [carries.map(([, , end]) => end), stacks.map(([, part]) => part)];
    const steps = this.compiledAll(
      code,
      code.map(() => ""),
      placesIn(ends),
    );
    this.loops -= 1;
    this.nested /= count || 1;
    // By way of the finals, as one carry may become another.
    const copies = carries.map(([inner, start, end], i) => ({
      start: copier(tensors[finals[i]], tensors[start]),
      turn: copier(tensors[inner], tensors[finals[i]]),
      end: copier(tensors[finals[i]], tensors[end]),
    }));
    const keeps = stacked.map(([whole, part]) => {
      const row = { ...tensors[part], data: whole.data, strides: contiguous(tensors[part].shape) };
      const length = countOf(row.shape);
      const copy = copier(row, tensors[part]);
      return (turn) => {
        row.offset = turn * length;
        copy();
      };
    });
    const inTurns = function* () {
      // A view learns its strides when it runs, so they are not known before.
      for (const [inner, source] of slices) {
        tensors[inner].data = tensors[source].data;
        tensors[inner].strides = tensors[source].strides.slice(1);
      }
      for (const copy of copies) copy.start();
      for (let i = 0; i < count; i++) {
        const turn = reverse ? count - 1 - i : i;
        for (const copy of copies) copy.turn();
        for (const [inner, source] of slices) {
          tensors[inner].offset = tensors[source].offset + turn * tensors[source].strides[0];
        }
        for (const step of steps) step.run();
        for (const keep of keeps) keep(turn);
        for (const copy of copies) copy.end();
        yield;
      }
    };
    const run = () => {
      for (const turn of inTurns()) void turn;
    };
    return { run, turns: inTurns, draws: steps.some((step) => step.draws) };
  }
}

const CASTS = { bool: "truth", int64: "trunc" };

const SPECIAL = {
  randn: draw("normal"),
  rand: draw("uniform"),
  view: viewed,
  permute: (program, name, place, [source, dims]) =>
    aliased(program, place, source, (strides) => dims.map((d) => strides[d])),
  expand(program, name, place, [source]) {
    const { shape } = program.tensors[place];
    return aliased(program, place, source, () => spread(program.tensors[source], shape));
  },
  select(program, name, place, [source, { is: dim }, { is: index }]) {
    const from = program.tensors[source];
    const at = () => number(index, program.settings) * from.strides[dim];
    return aliased(program, place, source, (strides) => strides.filter((_, d) => d !== dim), at);
  },
  slice(program, name, place, [source, { is: dim }, { is: start }, { is: step }]) {
    const from = program.tensors[source];
    const at = () => number(start, program.settings) * from.strides[dim];
    const stepped = (strides) => strides.map((stride, d) => (d === dim ? stride * step : stride));
    return aliased(program, place, source, stepped, at);
  },
  cast: (program, name, place, operands) =>
    elementwise(program, CASTS[program.tensors[place].dtype] ?? "copy", place, operands),
  pow(program, name, place, operands) {
    return elementwise(
      program,
      operands[1]?.is === 2 ? "square" : "pow",
      place,
      operands[1]?.is === 2 ? [operands[0]] : operands,
    );
  },
  full(program, name, place, [{ is: value }]) {
    const out = program.own(place);
    return () => {
      out.data.fill(number(value, program.settings));
      rounded(out);
    };
  },
  arange(program, name, place, [{ is: start }, { is: step }]) {
    const out = program.own(place);
    return () => {
      const [from, by] = [number(start, program.settings), number(step, program.settings)];
      for (let i = 0; i < out.data.length; i++) out.data[i] = from + i * by;
    };
  },
  mm(program, name, place, operands) {
    const out = program.own(place);
    const [one, other] = operands.map((operand) => program.tensors[operand]);
    const [m, k, n] = [one.shape[0], one.shape[1], other.shape[1]];
    return () => {
      product(out.data, 0, one, other, m, k, n);
      rounded(out);
    };
  },
  bmm(program, name, place, operands) {
    const out = program.own(place);
    const [one, other] = operands.map((operand) => program.tensors[operand]);
    const [count, m, k] = one.shape;
    const n = other.shape[2];
    return () => {
      for (let i = 0; i < count; i++) product(out.data, i * m * n, matrixOf(one, i), matrixOf(other, i), m, k, n);
      rounded(out);
    };
  },
  cat(program, name, place, [parts, dim]) {
    const out = program.own(place);
    let at = 0;
    const copies = parts.map((part) => {
      const source = program.tensors[part];
      const target = { ...out, shape: source.shape, offset: at * out.strides[dim] };
      at += source.shape[dim];
      return copier(target, source);
    });
    return () => copies.forEach((copy) => copy());
  },
  sum: reduced(FOLDS.sum, 0),
  mean: reduced(FOLDS.sum, 0, (total, count) => total / count),
  amax: reduced(FOLDS.amax, -Infinity),
  amin: reduced(FOLDS.amin, Infinity),
};

// One matrix of a stack.
function matrixOf({ data, offset, strides: [step, ...strides] }, i) {
  return { data, offset: offset + i * step, strides };
}

function elementwise(program, name, place, operands) {
  if (!Object.hasOwn(KERNELS, name)) throw new Error(`This page has no operation ${name}.`);
  const out = program.own(place);
  const kernel = KERNELS[name];
  const like = program.tensors[operands.find((operand) => typeof operand === "number")];
  const tensors = operands.map((operand) => program.operand(operand, like));
  const follow = tensors.map((tensor) => tensor.follow).filter(Boolean);
  const run = through(out, tensors, kernel, program);
  if (!follow.length && !out.round) return run;
  return () => {
    for (let t = 0; t < follow.length; t++) follow[t]();
    run();
    rounded(out);
  };
}

// Strides are known when it first runs: those of a slice follow from the loop that it stands in.
// Places are read anew where they may have moved: in a loop, and when settings have changed.
function through(out, tensors, kernel, program = null) {
  const data = tensors.map(() => null);
  const all = [out, ...tensors];
  const at = all.map(() => 0); // of `out`, then of the others
  const from = tensors.map(() => 0);
  const moves = !program || program.loops > 0;
  let seen = null;
  let plan = null;
  let [stride, along, length] = [0, null, 0];
  const once = () => {
    for (let t = 0; t < from.length; t++) from[t] = at[t + 1];
    kernel(out.data, at[0], stride, data, from, along, length);
  };
  const look = () => {
    seen = program?.settings;
    if (!plan) {
      plan = loops(out.shape, [out.strides, ...tensors.map((tensor) => spread(tensor, out.shape))]);
      if (countOf(out.shape) === 0) plan.turns = 0;
      [stride, ...along] = plan.inner.strides;
      ({ length } = plan.inner);
    }
    for (let t = 0; t < all.length; t++) at[t] = all[t].offset;
    for (let t = 0; t < data.length; t++) [data[t], from[t]] = [tensors[t].data, tensors[t].offset];
  };
  return () => {
    if (moves || seen !== program.settings) look();
    if (plan.turns === 1) kernel(out.data, at[0], stride, data, from, along, length);
    else eachRun(plan, at, once);
  };
}

export function copier(target, source) {
  return through(target, [source], KERNELS.copy);
}

function rounded({ data, round }) {
  if (round) for (let i = 0; i < data.length; i++) data[i] = round(data[i]);
}

function draw(kind) {
  return (program, name, place) => {
    const out = program.own(place);
    return () => program.generator[kind](out.data, 0, out.data.length);
  };
}

// Another look at the same numbers. It need not be taken again while settings stand.
function aliased(program, place, source, stridesOf, shift = () => 0) {
  const [out, from] = [program.tensors[place], program.tensors[source]];
  out.data = from.data;
  const look = () => {
    out.data = from.data;
    out.strides = stridesOf(from.strides);
    out.offset = from.offset + shift();
  };
  return Object.assign(look, { stands: () => true });
}

function viewed(program, name, place, [source]) {
  const from = program.tensors[source];
  const whole = contiguous(from.shape);
  const inOrder = () => from.shape.every((length, d) => length === 1 || from.strides[d] === whole[d]);
  const out = program.tensors[place];
  let copy = null;
  out.data = from.data;
  const look = () => {
    if (inOrder()) {
      out.data = from.data;
      out.offset = from.offset;
      return;
    }
    if (!copy) {
      program.own(place);
      copy = copier({ ...out, shape: from.shape, strides: whole, offset: 0 }, from);
    }
    copy();
  };
  return Object.assign(look, { stands: () => copy === null });
}

// Gathers along some dimensions; what is left keeps its order.
function reduced(fold, start, finish = (total) => total) {
  return (program, name, place, [source, dims]) => {
    const out = program.own(place);
    const from = program.tensors[source];
    const left = from.shape.map((_, d) => d).filter((d) => !dims.includes(d));
    const count = dims.reduce((times, d) => times * from.shape[d], 1);
    const along = (chosen) =>
      loops(
        chosen.map((d) => from.shape[d]),
        [chosen.map((d) => from.strides[d])],
      );
    const [begin, at] = [[0], [0]];
    let [kept, folded, total, i] = [null, null, 0, 0];
    const gather = () => (total = fold(total, from.data, at[0], folded.inner.strides[0], folded.inner.length));
    const each = () => {
      for (let k = 0; k < kept.inner.length; k++) {
        total = start;
        at[0] = begin[0] + k * kept.inner.strides[0];
        eachRun(folded, at, gather);
        out.data[i++] = finish(total, count);
      }
    };
    return () => {
      kept ??= along(left);
      folded ??= along(dims);
      i = 0;
      begin[0] = from.offset;
      eachRun(kept, begin, each);
      rounded(out);
    };
  };
}

function spread({ shape, strides }, wanted) {
  const missing = wanted.length - shape.length;
  return wanted.map((_, d) => (d < missing || shape[d - missing] === 1 ? 0 : strides[d - missing]));
}

function contiguous(shape) {
  const strides = shape.map(() => 1);
  for (let d = shape.length - 2; d >= 0; d--) strides[d] = strides[d + 1] * shape[d + 1];
  return strides;
}

function countOf(shape) {
  return shape.reduce((count, length) => count * length, 1);
}

export function listed(tensor) {
  const out = {
    ...tensor,
    data: new ARRAYS[tensor.dtype](countOf(tensor.shape)),
    offset: 0,
    strides: contiguous(tensor.shape),
  };
  copier(out, tensor)();
  return out.data;
}

function turnsOf(code) {
  return code.flatMap((instruction) => (instruction[0] === "scan" ? [instruction[1], ...turnsOf(instruction[6])] : []));
}

// The settings that each instruction of the outermost level depends on.
function needsOf({ code, settings, tables }) {
  const known = new Map(Object.entries(tables).map(([name, place]) => [place, new Set([name])]));
  let drawn = new Set(["seed"]);
  return code.map((instruction) => {
    const text = JSON.stringify(instruction);
    const found = named(instruction, settings);
    if (/"randn?"/.test(text)) {
      // Where a draw begins depends on all that was drawn before.
      drawn = new Set([...drawn, ...named(instruction, settings)]);
      for (const name of drawn) found.add(name);
    }
    for (const place of placesIn(instruction)) for (const name of known.get(place) ?? []) found.add(name);
    for (const place of madeBy(instruction)) known.set(place, found);
    return [...found];
  });
}

// How many rows each table has, as sizes name it.
export function rowsOf(tables, settings) {
  return Object.fromEntries(Object.keys(tables).map((name) => [`${name}.rows`, settings[name].length]));
}

// Which instructions make other numbers each time, where those of `moving` are others.
export function restless(code, moving) {
  return code.map((instruction) => {
    const moves =
      /"(randn?|step)"/.test(JSON.stringify(instruction)) || placesIn(instruction).some((p) => moving.has(p));
    if (moves) for (const place of madeBy(instruction)) moving.add(place);
    return moves;
  });
}
