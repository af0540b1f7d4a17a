// Float32 products by vectors of four numbers: product.wat, compiled. Where a page's policy or its
// browser does not allow WebAssembly, products.js multiplies alone.

import { PRODUCT } from "./product_wasm.js";

const [ROWS, COLUMNS] = [4, 8]; // at a time
const PAGE = 2 ** 16;
const WORTH_A_COPY = 500;

let exports; // null where there are no vectors
let numbers;

// out = one · other as in products.js; false where that is to do it.
export function vectored(out, at, one, other, m, k, n) {
  if (m * k * n < WORTH_A_COPY || ![out, one.data, other.data].every((data) => data instanceof Float32Array))
    return false;
  if (exports === undefined) exports = compiled();
  const [high, wide] = [upTo(m, ROWS), upTo(n, COLUMNS)];
  let [down, along] = one.strides;
  const straight = down >= 0 && along >= 0 && (m - 1) * down + (k - 1) * along < 2 * m * k;
  if (!straight) [down, along] = [k, 1];
  // What stands in the rows and columns beyond the matrices' own becomes numbers that nobody takes.
  const b = (high - 1) * down + (k - 1) * along + 1;
  const c = b + k * wide;
  if (!exports || !room(c + high * wide)) return false;
  if (straight) {
    const end = one.offset + (m - 1) * down + (k - 1) * along + 1;
    numbers.set(one.data.subarray(one.offset, end));
  } else put(0, k, one, m, k);
  put(b, wide, other, k, n);
  exports.product(0, 4 * down, 4 * along, 4 * b, 4 * c, high, k, wide);
  if (wide === n) out.set(numbers.subarray(c, c + m * n), at);
  else for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) out[at + i * n + j] = numbers[c + i * wide + j];
  return true;
}

// Rows, each `wide` numbers after the one before.
function put(start, wide, { data, offset, strides: [down, along] }, rows, columns) {
  if (along === 1 && down === columns && wide === columns) {
    numbers.set(data.subarray(offset, offset + rows * columns), start);
    return;
  }
  for (let j = 0; j < columns; j++) {
    for (let i = 0, to = start + j, from = offset + j * along; i < rows; i++, to += wide, from += down)
      numbers[to] = data[from];
  }
}

function room(count) {
  const missing = 4 * count - exports.memory.buffer.byteLength;
  try {
    if (missing > 0) exports.memory.grow(Math.ceil(missing / PAGE));
  } catch {
    return false;
  }
  if (numbers?.buffer !== exports.memory.buffer) numbers = new Float32Array(exports.memory.buffer);
  return true;
}

function compiled() {
  try {
    const bytes = Uint8Array.from(atob(PRODUCT), (letter) => letter.charCodeAt(0));
    return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
  } catch {
    return null;
  }
}

function upTo(count, step) {
  return Math.ceil(count / step) * step;
}
