// What each operation does to a run of numbers: `n` of them, into `out` from `o` on with a stride
// of `q`, from the arrays `d`, each at an offset and by a stride of its own.

const UNARY = {
  abs: Math.abs,
  ceil: Math.ceil,
  acos: Math.acos,
  cos: Math.cos,
  exp: Math.exp,
  expm1: Math.expm1,
  floor: Math.floor,
  log: Math.log,
  log1p: Math.log1p,
  logical_not: (x) => (x === 0 ? 1 : 0),
  reciprocal: (x) => 1 / x,
  rsqrt: (x) => 1 / Math.sqrt(x),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  sign: (x) => (x !== x ? 0 : Math.sign(x)),
  sin: Math.sin,
  trunc: Math.trunc,
  truth: (x) => (x === 0 ? 0 : 1),
};

const BINARY = {
  eq: (x, y) => (x === y ? 1 : 0),
  ge: (x, y) => (x >= y ? 1 : 0),
  gt: (x, y) => (x > y ? 1 : 0),
  le: (x, y) => (x <= y ? 1 : 0),
  lt: (x, y) => (x < y ? 1 : 0),
  maximum: Math.max,
  minimum: Math.min,
  ne: (x, y) => (x === y ? 0 : 1),
  pow: power,
};

// As in C: 1 to any power is 1, and -1 to an infinite one.
function power(x, y) {
  if (x === 1 || (x === -1 && Math.abs(y) === Infinity)) return 1;
  return x ** y;
}

const FLAT = 10; // from here on tanh is 1 in float32
const NODES = 256; // for each unit
const GAP = 1 / NODES;
const TANH = Float64Array.from({ length: 2 * FLAT * NODES + 1 }, (_, k) => Math.tanh(k * GAP - FLAT));

// Taylor's series about the nearest node: to 4e-9 of its value, which float32 does not see, and in
// a tenth of the time of Math.tanh.
function tanhOfFloat(x) {
  if (!(x < FLAT && x > -FLAT)) return x !== x ? x : Math.sign(x);
  const k = ((x + FLAT) * NODES + 0.5) | 0;
  const t = TANH[k];
  const d = x - (k * GAP - FLAT);
  return t + (1 - t * t) * d * (1 - d * (t - d * (t * t - 1 / 3)));
}

const one = (f) => (out, o, q, d, at, by, n) => {
  const a = d[0];
  const s = by[0];
  for (let k = 0, i = at[0]; k < n; k++, o += q, i += s) out[o] = f(a[i]);
};

const two = (f) => (out, o, q, d, at, by, n) => {
  const a = d[0];
  const b = d[1];
  const s = by[0];
  const t = by[1];
  for (let k = 0, i = at[0], j = at[1]; k < n; k++, o += q, i += s, j += t) out[o] = f(a[i], b[j]);
};

// Written out where most of the time goes: a call for each number would take twice as long, and so
// would arrays taken apart, which make an iterator where the compiler does not see through it.
export const KERNELS = {
  ...Object.fromEntries(Object.entries(UNARY).map(([name, f]) => [name, one(f)])),
  ...Object.fromEntries(Object.entries(BINARY).map(([name, f]) => [name, two(f)])),
  copy(out, o, q, d, at, by, n) {
    const a = d[0];
    const s = by[0];
    if (q === 1 && s === 1 && n > 16 && out.constructor === a.constructor) out.set(a.subarray(at[0], at[0] + n), o);
    else for (let k = 0, i = at[0]; k < n; k++, o += q, i += s) out[o] = a[i];
  },
  neg(out, o, q, d, at, by, n) {
    const a = d[0];
    const s = by[0];
    for (let k = 0, i = at[0]; k < n; k++, o += q, i += s) out[o] = -a[i];
  },
  sqrt(out, o, q, d, at, by, n) {
    const a = d[0];
    const s = by[0];
    for (let k = 0, i = at[0]; k < n; k++, o += q, i += s) out[o] = Math.sqrt(a[i]);
  },
  tanh(out, o, q, d, at, by, n) {
    const a = d[0];
    const s = by[0];
    if (out instanceof Float64Array) for (let k = 0, i = at[0]; k < n; k++, o += q, i += s) out[o] = Math.tanh(a[i]);
    else for (let k = 0, i = at[0]; k < n; k++, o += q, i += s) out[o] = tanhOfFloat(a[i]);
  },
  relu(out, o, q, d, at, by, n) {
    const a = d[0];
    const s = by[0];
    for (let k = 0, i = at[0]; k < n; k++, o += q, i += s) out[o] = a[i] <= 0 ? 0 : a[i];
  },
  square(out, o, q, d, at, by, n) {
    const a = d[0];
    const s = by[0];
    for (let k = 0, i = at[0]; k < n; k++, o += q, i += s) out[o] = a[i] * a[i];
  },
  add(out, o, q, d, at, by, n) {
    const a = d[0];
    const b = d[1];
    const s = by[0];
    const t = by[1];
    for (let k = 0, i = at[0], j = at[1]; k < n; k++, o += q, i += s, j += t) out[o] = a[i] + b[j];
  },
  sub(out, o, q, d, at, by, n) {
    const a = d[0];
    const b = d[1];
    const s = by[0];
    const t = by[1];
    for (let k = 0, i = at[0], j = at[1]; k < n; k++, o += q, i += s, j += t) out[o] = a[i] - b[j];
  },
  mul(out, o, q, d, at, by, n) {
    const a = d[0];
    const b = d[1];
    const s = by[0];
    const t = by[1];
    for (let k = 0, i = at[0], j = at[1]; k < n; k++, o += q, i += s, j += t) out[o] = a[i] * b[j];
  },
  div(out, o, q, d, at, by, n) {
    const a = d[0];
    const b = d[1];
    const s = by[0];
    const t = by[1];
    for (let k = 0, i = at[0], j = at[1]; k < n; k++, o += q, i += s, j += t) out[o] = a[i] / b[j];
  },
  tanh_backward(out, o, q, d, at, by, n) {
    const a = d[0];
    const b = d[1];
    const s = by[0];
    const t = by[1];
    for (let k = 0, i = at[0], j = at[1]; k < n; k++, o += q, i += s, j += t) out[o] = a[i] * (1 - b[j] * b[j]);
  },
  sigmoid_backward(out, o, q, d, at, by, n) {
    const a = d[0];
    const b = d[1];
    const s = by[0];
    const t = by[1];
    for (let k = 0, i = at[0], j = at[1]; k < n; k++, o += q, i += s, j += t) out[o] = a[i] * (1 - b[j]) * b[j];
  },
  where(out, o, q, d, at, by, n) {
    const c = d[0];
    const a = d[1];
    const b = d[2];
    let i = at[1];
    let j = at[2];
    for (let k = 0, h = at[0]; k < n; k++, o += q, h += by[0], i += by[1], j += by[2]) out[o] = c[h] ? a[i] : b[j];
  },
  threshold_backward(out, o, q, d, at, by, n) {
    const g = d[0];
    const a = d[1];
    const limit = d[2][at[2]];
    for (let k = 0, i = at[0], j = at[1]; k < n; k++, o += q, i += by[0], j += by[1]) out[o] = a[j] <= limit ? 0 : g[i];
  },
};

// What gathers a run of numbers: from what was gathered before.
export const FOLDS = {
  sum(total, a, i, s, n) {
    for (let k = 0; k < n; k++, i += s) total += a[i];
    return total;
  },
  amax(most, a, i, s, n) {
    for (let k = 0; k < n; k++, i += s) most = Math.max(most, a[i]);
    return most;
  },
  amin(least, a, i, s, n) {
    for (let k = 0; k < n; k++, i += s) least = Math.min(least, a[i]);
    return least;
  },
};

// How several tensors are gone through together: dimensions that lie one behind the other in all of
// them count as one.
export function loops(shape, strides) {
  const kept = [];
  shape.forEach((length, d) => {
    if (length === 1) return;
    const last = kept.at(-1);
    if (last?.strides.every((before, i) => before === strides[i][d] * length)) {
      last.length *= length;
      last.strides = strides.map((stride) => stride[d]);
    } else kept.push({ length, strides: strides.map((stride) => stride[d]) });
  });
  const inner = kept.pop() ?? { length: 1, strides: strides.map(() => 0) };
  const turns = kept.reduce((count, { length }) => count * length, 1);
  return { outer: kept, inner, turns, index: kept.map(() => 0) };
}

// Calls `run` for each run of numbers, with `at` moved to where it begins; in the end `at` is as
// it was.
export function eachRun({ outer, turns, index }, at, run) {
  for (let turn = 0; turn < turns; turn++) {
    run();
    for (let d = outer.length - 1; d >= 0; d--) {
      const { length, strides } = outer[d];
      const over = ++index[d] === length;
      for (let i = 0; i < at.length; i++) at[i] += over ? strides[i] * (1 - length) : strides[i];
      if (!over) break;
      index[d] = 0;
    }
  }
}
