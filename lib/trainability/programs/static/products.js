// Matrix products, four rows by four columns at a time.

import { vectored } from "./vectors.js";

let scratch = new Float32Array(0);
let wide = new Float64Array(0);

function room(count, like) {
  if (like instanceof Float64Array) return wide.length < count ? (wide = new Float64Array(count)) : wide;
  return scratch.length < count ? (scratch = new Float32Array(count)) : scratch;
}

// out = one · other, of m × k and k × n, each with two strides.
export function product(out, at, one, other, m, k, n) {
  if (!vectored(out, at, one, other, m, k, n)) plainProduct(out, at, one, other, m, k, n);
}

export function plainProduct(out, at, one, other, m, k, n) {
  let a = { data: one.data, offset: one.offset, row: one.strides[0] };
  let b = { data: other.data, offset: other.offset, row: other.strides[1] };
  const packA = one.strides[1] !== 1 && k > 1;
  const packB = other.strides[0] !== 1 && k > 1;
  const held = room((packA ? m * k : 0) + (packB ? n * k : 0), out);
  if (packA) a = packed(held, 0, one, m, k, one.strides[0], one.strides[1]);
  if (packB) b = packed(held, packA ? m * k : 0, other, n, k, other.strides[1], other.strides[0]);
  rowsByRows(out, at, a, b, m, k, n);
}

function packed(held, start, { data, offset }, rows, columns, down, along) {
  // Along what lies close together.
  if (down < along) {
    for (let j = 0; j < columns; j++) {
      for (let i = 0, from = offset + j * along; i < rows; i++, from += down)
        held[start + i * columns + j] = data[from];
    }
  } else {
    for (let i = 0, to = start; i < rows; i++) {
      for (let j = 0, from = offset + i * down; j < columns; j++, from += along) held[to++] = data[from];
    }
  }
  return { data: held, offset: start, row: columns };
}

function rowsByRows(out, at, a, b, m, k, n) {
  const [x, y] = [a.data, b.data];
  const [mBlocks, nBlocks] = [m - (m % 4), n - (n % 4)];
  for (let i = 0; i < mBlocks; i += 4) {
    const a0 = a.offset + i * a.row;
    const a1 = a0 + a.row;
    const a2 = a1 + a.row;
    const a3 = a2 + a.row;
    for (let j = 0; j < nBlocks; j += 4) {
      const b0 = b.offset + j * b.row;
      const b1 = b0 + b.row;
      const b2 = b1 + b.row;
      const b3 = b2 + b.row;
      let [c00, c01, c02, c03, c10, c11, c12, c13] = [0, 0, 0, 0, 0, 0, 0, 0];
      let [c20, c21, c22, c23, c30, c31, c32, c33] = [0, 0, 0, 0, 0, 0, 0, 0];
      for (let p = 0; p < k; p++) {
        const [y0, y1, y2, y3] = [y[b0 + p], y[b1 + p], y[b2 + p], y[b3 + p]];
        const [x0, x1, x2, x3] = [x[a0 + p], x[a1 + p], x[a2 + p], x[a3 + p]];
        c00 += x0 * y0;
        c01 += x0 * y1;
        c02 += x0 * y2;
        c03 += x0 * y3;
        c10 += x1 * y0;
        c11 += x1 * y1;
        c12 += x1 * y2;
        c13 += x1 * y3;
        c20 += x2 * y0;
        c21 += x2 * y1;
        c22 += x2 * y2;
        c23 += x2 * y3;
        c30 += x3 * y0;
        c31 += x3 * y1;
        c32 += x3 * y2;
        c33 += x3 * y3;
      }
      const o0 = at + i * n + j;
      const o1 = o0 + n;
      const o2 = o1 + n;
      const o3 = o2 + n;
      out[o0] = c00;
      out[o0 + 1] = c01;
      out[o0 + 2] = c02;
      out[o0 + 3] = c03;
      out[o1] = c10;
      out[o1 + 1] = c11;
      out[o1 + 2] = c12;
      out[o1 + 3] = c13;
      out[o2] = c20;
      out[o2 + 1] = c21;
      out[o2 + 2] = c22;
      out[o2 + 3] = c23;
      out[o3] = c30;
      out[o3 + 1] = c31;
      out[o3 + 2] = c32;
      out[o3 + 3] = c33;
    }
    singles(out, at, a, b, [i, i + 4], [nBlocks, n], k, n);
  }
  singles(out, at, a, b, [mBlocks, m], [0, n], k, n);
}

function singles(out, at, a, b, [top, bottom], [left, right], k, n) {
  const [x, y] = [a.data, b.data];
  for (let i = top; i < bottom; i++) {
    for (let j = left; j < right; j++) {
      let sum = 0;
      for (let p = 0, s = a.offset + i * a.row, t = b.offset + j * b.row; p < k; p++) sum += x[s + p] * y[t + p];
      out[at + i * n + j] = sum;
    }
  }
}
