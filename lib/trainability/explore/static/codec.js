// Reads what payload.py writes.

const NAN = -(2 ** 31);
const MINUS_INF = NAN + 1;
const ZERO = NAN + 2;
const PLUS_INF = 2 ** 31 - 1;

export function bytesOf(base64) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

async function inflate(base64) {
  const plain = new Blob([bytesOf(base64)]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(plain).arrayBuffer());
}

// Low bytes first, zigzag, differences: the reverse of payload._integers.
function integers(bytes) {
  const count = bytes.length / 4;
  const values = new Int32Array(count);
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const zigzag = bytes[i] | (bytes[count + i] << 8) | (bytes[2 * count + i] << 16) | (bytes[3 * count + i] << 24);
    sum = (sum + ((zigzag >>> 1) ^ -(zigzag & 1))) | 0;
    values[i] = sum;
  }
  return values;
}

function numbers(codes, [kind, step]) {
  if (kind === "float32") return new Float32Array(codes.buffer, codes.byteOffset, codes.length);
  return Float64Array.from(codes, (code) => {
    if (code === NAN) return NaN;
    if (code === PLUS_INF) return Infinity;
    if (code === MINUS_INF) return -Infinity;
    if (kind === "absolute") return code * step;
    return code === ZERO ? 0 : 10 ** (code * step);
  });
}

export function rows(flat, columns) {
  if (!columns) return flat;
  const count = flat.length / columns;
  return Array.from({ length: count }, (_, i) => flat.subarray(i * columns, (i + 1) * columns));
}

// JSON has no words for these numbers; document.py writes them as {"$number": …}.
export function revive(value) {
  if (Array.isArray(value)) return value.map(revive);
  if (value === null || typeof value !== "object") return value;
  if ("$number" in value) return { inf: Infinity, "-inf": -Infinity, nan: NaN }[value.$number];
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revive(item)]));
}

export class Grid {
  static async read(payload) {
    const bytes = await inflate(payload.blob);
    const parts = [];
    let at = 0;
    for (const length of payload.sections) {
      parts.push(bytes.subarray(at, at + length));
      at += length;
    }
    return new Grid(payload, parts);
  }

  constructor(payload, parts) {
    this.base = revive(payload.figure);
    this.precisions = payload.precisions;
    this.values = revive(JSON.parse(new TextDecoder().decode(parts.pop())));
    this.codes = integers(parts.pop());
    this.table = integers(parts.pop());
    this.columns = payload.columns.map((column, i) => ({ ...column, points: integers(parts[i]) }));
    this.arrays = new Map();
  }

  figure(point) {
    const figure = structuredClone(this.base);
    for (const { path, kind, points } of this.columns) {
      const leaf = points[point];
      if (leaf === 0) remove(figure, path);
      else put(figure, path, kind === "array" ? this.array(leaf - 1) : structuredClone(this.values[leaf - 1]));
    }
    figure.data = figure.data.filter((trace) => trace && Object.keys(trace).length);
    return figure;
  }

  array(i) {
    if (!this.arrays.has(i)) {
      const count = this.table.length / 4;
      const [start, length, columns, precision] = [0, 1, 2, 3].map((k) => this.table[k * count + i]);
      const codes = this.codes.subarray(start, start + length);
      this.arrays.set(i, rows(numbers(codes, this.precisions[precision]), columns));
    }
    return this.arrays.get(i);
  }
}

function put(figure, path, leaf) {
  let node = figure;
  path.slice(0, -1).forEach((step, i) => {
    node[step] ??= typeof path[i + 1] === "number" ? [] : {};
    node = node[step];
  });
  node[path.at(-1)] = leaf;
}

function remove(figure, path) {
  let node = figure;
  for (const step of path.slice(0, -1)) node = node?.[step];
  if (node) delete node[path.at(-1)];
}
