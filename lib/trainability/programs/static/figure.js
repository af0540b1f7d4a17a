// Fills the marks of a figure, as figure.py does.

const SUPERSCRIPTS = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

export function filled(part, numbers) {
  if (Array.isArray(part)) return part.map((each) => filled(each, numbers));
  if (part === null || typeof part !== "object") return part;
  if ("$" in part) return valueOf(part.$, numbers);
  if ("$text" in part) {
    return part.$text.replace(/\{(\w+)(?::(\d+))?\}/g, (_, name, digits) => written(valueOf(name, numbers), digits));
  }
  if ("$first" in part) {
    const [, chosen = null] = part.$first.find(([name]) => name === null || truth(valueOf(name, numbers))) ?? [];
    return filled(chosen, numbers);
  }
  return Object.fromEntries(Object.entries(part).map(([key, each]) => [key, filled(each, numbers)]));
}

function truth(value) {
  return value !== 0; // NaN is true, as in Python
}

function valueOf(name, numbers) {
  if (!Object.hasOwn(numbers, name)) throw new Error(`The figure asks for ${name}, which the program has not.`);
  return numbers[name];
}

function written(value, digits) {
  if (typeof value === "string" || (digits === undefined && Number.isInteger(value))) return String(value);
  return numberInWords(value, Number(digits ?? 3));
}

export function numberInWords(value, digits) {
  if (!Number.isFinite(value)) return value === Infinity ? "∞" : value === -Infinity ? "−∞" : "no number";
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
  const power = Number(exponent);
  if (value !== 0 && !(power >= -4 && power < 6)) {
    const short = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
    return `${short}·10${Array.from(String(power), (sign) => SUPERSCRIPTS[sign]).join("")}`;
  }
  return Number(`${mantissa}e${exponent}`)
    .toFixed(10)
    .replace(/\.?0+$/, "");
}
