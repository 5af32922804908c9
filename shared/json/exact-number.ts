/** As many digits always survive: a double holds any 15, wherever their point is. */
const ALWAYS_EXACT_DIGITS = 15;

/**
 * Whether a number in JSON denotes the same value after it has been read into a double and written again, as the shortest
 * text that stands for that double. `1.0`, `1e2`, `0.1`, `-0` and 9007199254740992 do; 9007199254740993, `1e400`, `1e-400`
 * and 0.10000000000000000555 don't.
 *
 * @param literal a number in JSON. Takes time in proportion to its length.
 */
export function isExactNumber(literal: string): boolean {
  if (literal.length <= ALWAYS_EXACT_DIGITS && !/e/i.test(literal)) return true;
  const value = Number(literal);
  if (!Number.isFinite(value)) return false;
  const text = String(value);
  return text === literal || isSameDecimal(decimalOf(text), decimalOf(literal));
}

/** 0.digits × 10^exponent. Without leading or trailing zeros, so that equal values have equal parts. */
interface Decimal {
  readonly digits: string;
  readonly exponent: number;
}

function isSameDecimal(one: Decimal, other: Decimal): boolean {
  return one.digits === other.digits && one.exponent === other.exponent;
}

/** Leaves out the sign, which reading and writing keep, except that of a zero. */
function decimalOf(literal: string): Decimal {
  const [mantissa = "", power = "0"] = literal.toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.replace("-", "").split(".");
  const all = whole + fraction;
  // Loops, since a pattern for the zeros at the end takes quadratic time.
  let from = 0;
  let to = all.length;
  while (from < to && all[from] === "0") from++;
  while (to > from && all[to - 1] === "0") to--;
  const digits = all.slice(from, to);
  return digits === "" ? { digits, exponent: 0 } : { digits, exponent: whole.length - from + Number(power) };
}
