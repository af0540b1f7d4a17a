// Which tensors of a plan may use the same memory, one after the other.

const ALIASES = new Set(["view", "permute", "expand", "select", "slice"]);

// For each instruction the places whose last use it is. A place is left out where it is among
// `wanted`, and where an instruction that needs it may be repeated without the one that makes it:
// their `groups` differ. A number that is no place does no harm: it only makes memory live longer.
export function lastUses(code, groups, wanted) {
  const roots = new Map();
  const rootOf = (place) => roots.get(place) ?? place;
  const made = new Map();
  const last = new Map();
  const kept = new Set();
  code.forEach((instruction, i) => {
    for (const place of placesIn(instruction).map(rootOf)) {
      if (!made.has(place)) continue;
      if (groups[made.get(place)] !== groups[i]) kept.add(place);
      last.set(place, i);
    }
    const [name, place, source] = instruction;
    if (ALIASES.has(name)) roots.set(place, rootOf(source));
    for (const result of resultsOf(instruction)) {
      made.set(result, i);
      last.set(result, i);
    }
  });
  for (const place of wanted) kept.add(rootOf(place));
  const uses = code.map(() => []);
  for (const [place, i] of last) if (!kept.has(place)) uses[i].push(place);
  return uses;
}

// Memory that was given back, to be taken again.
export class Pool {
  free = [];

  take(bytes) {
    const fit = this.free.filter(({ byteLength }) => byteLength >= bytes && byteLength <= 2 * bytes);
    if (!fit.length) return null;
    const best = fit.reduce((one, other) => (other.byteLength < one.byteLength ? other : one));
    this.free.splice(this.free.indexOf(best), 1);
    return best;
  }

  give(buffer) {
    this.free.push(buffer);
  }
}

// The tensors with memory of their own that are there once an instruction has run.
function resultsOf([name, place, , , , stacks, , finals]) {
  if (name === "scan") return [...stacks.map(([whole]) => whole), ...finals];
  return ALIASES.has(name) ? [] : [place];
}

// Every tensor that an instruction makes, those of its body among them.
export function madeBy([name, place, , carries, slices, stacks, code, finals]) {
  if (name !== "scan") return [place];
  return [...[...carries, ...slices, ...stacks].map(([first]) => first), ...finals, ...code.flatMap(madeBy)];
}

// Every place that an instruction names, those of its body among them, and other numbers.
export function placesIn(part) {
  if (typeof part === "number") return [part];
  return part && typeof part === "object" ? Object.values(part).flatMap(placesIn) : [];
}
