import * as z from "zod";

/** At most six decimals: `String()` writes smaller fractions as 1e-7. */
const DIGITS = /^\d+(?:\.\d{1,6})?$/;

/**
 * A number in a variable or a setting, between two limits, both inclusive; by default a whole number. It is written in
 * plain digits: `Number()` would also read 0x10, 1e3 and texts with spaces.
 */
export function numberWithin({ from, to, whole = true }: { from: number; to: number; whole?: boolean }) {
  const error = `must be a ${whole ? "whole " : ""}number from ${from} to ${to}, in plain digits`;
  return z
    .string(error)
    .regex(DIGITS, error)
    .transform(Number)
    .refine((value) => value >= from && value <= to && (!whole || Number.isInteger(value)), error);
}
