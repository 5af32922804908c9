import { InvalidArgumentError } from "commander";

/** @throws InvalidArgumentError for anything but a whole number above 0 in decimal digits, nine at most. */
export function readCount(text: string): number {
  const count = Number(text);
  if (/^\d{1,9}$/.test(text) && count > 0) return count;
  throw new InvalidArgumentError("It must be a whole number above 0, in digits such as 50.");
}

/** @throws InvalidArgumentError for anything but seconds in decimal digits, with at most three after the point. */
export function readSeconds(text: string): number {
  if (/^\d{1,9}(?:\.\d{1,3})?$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a number of seconds, in digits such as 90 or 1.5.");
}
