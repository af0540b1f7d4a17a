// What each operation does to a run of numbers: `n` of them, from an offset, with a stride.

const UNARY = {
  abs: Math.abs,
  ceil: Math.ceil,
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

const one =
  (f) =>
  (out, o, [a], [i], [s], n) => {
    for (let k = 0; k < n; k++, i += s) out[o + k] = f(a[i]);
  };

const two =
  (f) =>
  (out, o, [a, b], [i, j], [s, t], n) => {
    for (let k = 0; k < n; k++, i += s, j += t) out[o + k] = f(a[i], b[j]);
  };

// Written out where most of the time goes: a call for each number would take twice as long.
export const KERNELS = {
  ...Object.fromEntries(Object.entries(UNARY).map(([name, f]) => [name, one(f)])),
  ...Object.fromEntries(Object.entries(BINARY).map(([name, f]) => [name, two(f)])),
  copy(out, o, [a], [i], [s], n) {
    for (let k = 0; k < n; k++, i += s) out[o + k] = a[i];
  },
  neg(out, o, [a], [i], [s], n) {
    for (let k = 0; k < n; k++, i += s) out[o + k] = -a[i];
  },
  sqrt(out, o, [a], [i], [s], n) {
    for (let k = 0; k < n; k++, i += s) out[o + k] = Math.sqrt(a[i]);
  },
  tanh(out, o, [a], [i], [s], n) {
    for (let k = 0; k < n; k++, i += s) out[o + k] = Math.tanh(a[i]);
  },
  relu(out, o, [a], [i], [s], n) {
    for (let k = 0; k < n; k++, i += s) out[o + k] = a[i] <= 0 ? 0 : a[i];
  },
  square(out, o, [a], [i], [s], n) {
    for (let k = 0; k < n; k++, i += s) out[o + k] = a[i] * a[i];
  },
  add(out, o, [a, b], [i, j], [s, t], n) {
    for (let k = 0; k < n; k++, i += s, j += t) out[o + k] = a[i] + b[j];
  },
  sub(out, o, [a, b], [i, j], [s, t], n) {
    for (let k = 0; k < n; k++, i += s, j += t) out[o + k] = a[i] - b[j];
  },
  mul(out, o, [a, b], [i, j], [s, t], n) {
    for (let k = 0; k < n; k++, i += s, j += t) out[o + k] = a[i] * b[j];
  },
  div(out, o, [a, b], [i, j], [s, t], n) {
    for (let k = 0; k < n; k++, i += s, j += t) out[o + k] = a[i] / b[j];
  },
  where(out, o, [c, a, b], [h, i, j], [r, s, t], n) {
    for (let k = 0; k < n; k++, h += r, i += s, j += t) out[o + k] = c[h] ? a[i] : b[j];
  },
  tanh_backward(out, o, [g, a], [i, j], [s, t], n) {
    for (let k = 0; k < n; k++, i += s, j += t) out[o + k] = g[i] * (1 - a[j] * a[j]);
  },
  sigmoid_backward(out, o, [g, a], [i, j], [s, t], n) {
    for (let k = 0; k < n; k++, i += s, j += t) out[o + k] = g[i] * (1 - a[j]) * a[j];
  },
  threshold_backward(out, o, [g, a, c], [i, j, h], [s, t], n) {
    for (let k = 0; k < n; k++, i += s, j += t) out[o + k] = a[j] <= c[h] ? 0 : g[i];
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
  return { outer: kept, inner, turns: kept.reduce((count, { length }) => count * length, 1) };
}

// Calls `run` with the offsets of each run of numbers.
export function eachRun({ outer, turns }, offsets, run) {
  const index = outer.map(() => 0);
  const at = [...offsets];
  for (let turn = 0; turn < turns; turn++) {
    run(at);
    for (let d = outer.length - 1; d >= 0; d--) {
      const { length, strides } = outer[d];
      const over = ++index[d] === length;
      for (let i = 0; i < at.length; i++) at[i] += over ? strides[i] * (1 - length) : strides[i];
      if (!over) break;
      index[d] = 0;
    }
  }
}
