import { assert, bigInt, double, integer, property } from "fast-check";
import { expect, it } from "vitest";
import { isExactNumber } from "../../../../shared/json/exact-number.ts";

it.each([
  "0",
  "-0",
  "0.0",
  "-0.000e-5",
  "0e999999999999999999999",
  "1.0",
  "100.00",
  "1e2",
  "1E+2",
  "0.1",
  "0.30000000000000004",
  "12.990",
  "9007199254740991",
  "9007199254740992",
  "-9007199254740994",
  "123456789012345680000",
  "1e21",
  "1e23",
  "5e-324",
  "1.7976931348623157e308",
  "1000000000000000000000000000000e-30",
  `0.${"0".repeat(400)}1e401`,
  `1${"0".repeat(100_000)}e-100000`,
])("accepts %s, which keeps its value when it is read and written", (literal) => {
  expect(isExactNumber(literal)).toBe(true);
});

it.each([
  "9007199254740993",
  "-9007199254740993",
  "1234567890123456789",
  "9223372036854775807",
  "9007199254740993e0",
  "90071992547409.93e2",
  "0.1000000000000000055511151231257827",
  "0.10000000000000001",
  "0.300000000000000041",
  "1e400",
  "-1e400",
  "1e-400",
  "4.9e-324",
  "2.5e-324",
  "1e99999999999999999999",
  "1e-99999999999999999999",
  `1${"0".repeat(300)}1`,
  `0.1${"0".repeat(100_000)}1`,
])("refuses %s, which a double would change", (literal) => {
  expect(isExactNumber(literal)).toBe(false);
});

it("accepts every double as it is written, in any of the forms that JSON allows", () => {
  const finite = double({ noNaN: true, noDefaultInfinity: true });
  assert(
    property(finite, integer({ min: 0, max: 100 }), (value, digits) => {
      expect(isExactNumber(JSON.stringify(value))).toBe(true);
      expect(isExactNumber(value.toExponential())).toBe(true);
      // More digits than the shortest text has, or fewer, are another value.
      const other = value.toExponential(digits);
      const read = Number(other);
      expect(isExactNumber(other)).toBe(Number.isFinite(read) && isSameValue(other, JSON.stringify(read)));
    }),
  );
});

it("accepts an integer exactly if it is written again with the same value", () => {
  const around = bigInt({ min: -(2n ** 70n), max: 2n ** 70n });
  assert(
    property(around, (value) => {
      const rewritten = BigInt(Number(value).toLocaleString("en", { useGrouping: false, maximumFractionDigits: 0 }));
      expect(isExactNumber(String(value))).toBe(rewritten === value);
    }),
  );
});

it("takes time linear in the length of a number", () => {
  const literals = [
    "9".repeat(250_000),
    `0.${"0".repeat(250_000)}1`,
    `1${"0".repeat(250_000)}1`,
    `1e${"9".repeat(250_000)}`,
  ];
  const startMs = performance.now();
  expect(literals.map(isExactNumber)).toEqual([false, false, false, false]);
  // Quadratic time would be a minute.
  expect(performance.now() - startMs).toBeLessThan(5_000);
});

/** Compares two numbers as fractions of integers. */
function isSameValue(one: string, other: string): boolean {
  const [a, b] = [fractionOf(one), fractionOf(other)];
  return a.numerator * b.denominator === b.numerator * a.denominator;
}

function fractionOf(literal: string): { numerator: bigint; denominator: bigint } {
  const [mantissa = "", power = "0"] = literal.toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  const exponent = BigInt(power) - BigInt(fraction.length);
  const digits = BigInt(whole + fraction);
  return exponent < 0n
    ? { numerator: digits, denominator: 10n ** -exponent }
    : { numerator: digits * 10n ** exponent, denominator: 1n };
}
