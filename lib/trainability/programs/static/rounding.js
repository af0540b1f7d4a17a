// Types that no typed array has: kept in float32, and rounded after each operation.

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

function bfloat16(value) {
  float[0] = value;
  if (value !== value) return value;
  // To the nearest of the upper 16 bits, ties to even.
  bits[0] = (bits[0] + 0x7fff + ((bits[0] >>> 16) & 1)) & 0xffff0000;
  return float[0];
}

const LARGEST = 65504;
const SMALLEST_NORMAL = 2 ** -14;
const SUBNORMAL_STEP = 2 ** -24;

function float16(value) {
  const size = Math.abs(value);
  if (!(size > 0) || size === Infinity) return value;
  if (size >= LARGEST + 16) return value > 0 ? Infinity : -Infinity;
  if (size < SMALLEST_NORMAL) return even(value / SUBNORMAL_STEP) * SUBNORMAL_STEP;
  float[0] = size;
  const step = 2 ** ((bits[0] >>> 23) - 127 - 10);
  return even(value / step) * step;
}

function even(value) {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest > 0.5 ? below + 1 : below;
  return below % 2 === 0 ? below : below + 1;
}

export const ROUNDED = { float16, bfloat16 };
