/** Numbers with at most this many digits always survive: a double holds any 15, wherever the point is. */
const ALWAYS_EXACT_DIGITS = 15;

/**
 * Whether a JSON number keeps its value when it is read into a double and written again as the double's shortest text.
 * `1.0`, `1e2`, `0.1`, `-0` and 9007199254740992 do; 9007199254740993, `1e400`, `1e-400` and 0.10000000000000000555
 * don't.
 *
 * @param literal a number in JSON. The time is linear in its length.
 */
export function isExactNumber(literal: string): boolean {
  if (literal.length <= ALWAYS_EXACT_DIGITS && !/e/i.test(literal)) return true;
  const value = Number(literal);
  if (!Number.isFinite(value)) return false;
  const text = String(value);
  return text === literal || isSameDecimal(decimalOf(text), decimalOf(literal));
}

/** 0.digits × 10^exponent. It has no leading or trailing zeros, so that equal values have equal parts. */
interface Decimal {
  readonly digits: string;
  readonly exponent: number;
}

function isSameDecimal(one: Decimal, other: Decimal): boolean {
  return one.digits === other.digits && one.exponent === other.exponent;
}

/** Drops the sign, which reading and writing preserve, except that of a zero. */
function decimalOf(literal: string): Decimal {
  const [mantissa = "", power = "0"] = literal.toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.replace("-", "").split(".");
  const all = whole + fraction;
  // Loops, because a pattern for trailing zeros takes quadratic time.
  let from = 0;
  let to = all.length;
  while (from < to && all[from] === "0") from++;
  while (to > from && all[to - 1] === "0") to--;
  const digits = all.slice(from, to);
  return digits === "" ? { digits, exponent: 0 } : { digits, exponent: whole.length - from + Number(power) };
}
