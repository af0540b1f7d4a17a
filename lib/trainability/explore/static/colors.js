// The colors of a map's values, as plotly mixes them.

const SHADES = 1020; // of a color scale; a multiple of usual counts of bands
const NONE = SHADES + 1; // of what is no number

// SHADES between the least value and the most.
export class Scale {
  constructor({ zmin, zmax, colorscale }, rowsOf) {
    const all = zmin === undefined ? ends(Array.from(rowsOf, (row) => Array.from(row)).flat()) : [];
    const [low, high] = zmin === undefined ? all.map(({ at }) => at) : [zmin, zmax];
    Object.assign(this, { low, step: (high - low) / SHADES, ...shadesOf(colorscale) });
  }

  place(value) {
    const place = Math.round((value - this.low) / this.step);
    if (place !== place || !Number.isFinite(value)) return NONE;
    return place < 0 ? 0 : place > SHADES ? SHADES : place;
  }

  // Red, green and blue; nothing of what is no number.
  color(value) {
    return this.colors[this.place(value)];
  }

  // The same as one number of a canvas.
  pixel(value) {
    return this.pixels[this.place(value)];
  }
}

const MOST_SCALES = 50;
const known = new Map();

function shadesOf(colorscale) {
  const key = JSON.stringify(colorscale);
  if (!known.has(key)) {
    if (known.size >= MOST_SCALES) known.clear();
    const stops = colorscale.map(([at, color]) => [at, channels(color)]);
    const colors = Array.from({ length: SHADES + 1 }, (_, k) => mixed(stops, k / SHADES));
    const pixels = new Uint32Array(SHADES + 2);
    new Uint8Array(pixels.buffer).set(colors.flatMap((color) => [...color, 255]));
    known.set(key, { colors, pixels });
  }
  return known.get(key);
}

export function ends(values) {
  const numbers = values.filter(Number.isFinite);
  if (!numbers.length) return [];
  return [Math.min, Math.max].map((choose) => ({ at: numbers.reduce((one, other) => choose(one, other)) }));
}

function mixed(stops, share) {
  const k = Math.max(
    1,
    stops.findIndex(([at]) => at >= share),
  );
  const [[from, one], [to, other]] = [stops[k - 1], stops[k]];
  const along = to > from ? (share - from) / (to - from) : 1;
  return one.map((value, i) => Math.round(value + (other[i] - value) * along));
}

function channels(color) {
  if (color[0] === "#") {
    const digits =
      color.length === 4 ? Array.from(color.slice(1), (digit) => digit + digit) : color.slice(1).match(/../g);
    return digits.map((pair) => parseInt(pair, 16));
  }
  return color.match(/[\d.]+/g).map(Number);
}
