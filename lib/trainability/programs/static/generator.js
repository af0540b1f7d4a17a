// torch's generator of the CPU: a Mersenne Twister (mt19937) and what torch makes of its words.

const WORDS = 624;
const AHEAD = 397;
const BLOCK = 16;

export class Generator {
  constructor(seed) {
    this.words = new Uint32Array(WORDS);
    this.words[0] = seed;
    for (let i = 1; i < WORDS; i++) {
      const last = this.words[i - 1];
      this.words[i] = Math.imul(1812433253, last ^ (last >>> 30)) + i;
    }
    this.next = WORDS;
    this.kept = null; // the second normal of a pair
  }

  get state() {
    return { words: this.words.slice(), next: this.next, kept: this.kept };
  }

  set state({ words, next, kept }) {
    this.words.set(words);
    [this.next, this.kept] = [next, kept];
  }

  word() {
    if (this.next === WORDS) this.turn();
    let word = this.words[this.next++];
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return (word ^ (word >>> 18)) >>> 0;
  }

  turn() {
    const { words } = this;
    for (let i = 0; i < WORDS; i++) {
      const mixed = (words[i] & 0x80000000) | (words[(i + 1) % WORDS] & 0x7fffffff);
      words[i] = words[(i + AHEAD) % WORDS] ^ (mixed >>> 1) ^ (mixed & 1 ? 0x9908b0df : 0);
    }
    this.next = 0;
  }

  // float32, as torch.rand: 24 bits of a word.
  uniform(out, start, count) {
    for (let i = start; i < start + count; i++) out[i] = (this.word() & 0xffffff) / 0x1000000;
  }

  // float64: 53 bits of two words, the high one first.
  fine() {
    const high = this.word();
    const low = this.word();
    return ((high & 0x1fffff) * 0x100000000 + low) / 2 ** 53;
  }

  // float32, as torch.randn.
  normal(out, start, count) {
    if (count < BLOCK) {
      for (let i = start; i < start + count; i++) out[i] = this.single();
      return;
    }
    this.uniform(out, start, count);
    for (let i = 0; i + BLOCK <= count; i += BLOCK) paired(out, start + i);
    if (count % BLOCK === 0) return;
    const last = start + count - BLOCK;
    this.uniform(out, last, BLOCK);
    paired(out, last);
  }

  single() {
    if (this.kept !== null) {
      const kept = this.kept;
      this.kept = null;
      return kept;
    }
    const turn = 2 * Math.PI * this.fine();
    const radius = Math.sqrt(-2 * Math.log1p(-this.fine()));
    this.kept = radius * Math.sin(turn);
    return radius * Math.cos(turn);
  }
}

// Sixteen uniforms become normals: entry j with entry j + 8.
function paired(out, start) {
  for (let j = start; j < start + BLOCK / 2; j++) {
    const radius = Math.sqrt(-2 * Math.log(1 - out[j]));
    const turn = 2 * Math.PI * out[j + BLOCK / 2];
    out[j] = radius * Math.cos(turn);
    out[j + BLOCK / 2] = radius * Math.sin(turn);
  }
}
