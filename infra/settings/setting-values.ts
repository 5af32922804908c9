import { z } from "zod";

/** Whether a setting's text is a structured value, which Pulumi passes as JSON. */
export function isJson(text: string): boolean {
  if (!/^\s*[[{]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** `true` or `false` in a setting. */
export const trueOrFalse = z
  .enum(["true", "false"], { error: "must be true or false" })
  .transform((text) => text === "true");

/** A number between two limits, both inclusive; a whole number by default. */
export function numberWithin({ from, to, whole = true }: { from: number; to: number; whole?: boolean }) {
  const error = `must be a ${whole ? "whole " : ""}number from ${from} to ${to}`;
  return z
    .string(error)
    .regex(/^\d+(\.\d+)?$/, error)
    .transform(Number)
    .refine((value) => value >= from && value <= to && (!whole || Number.isInteger(value)), error);
}

/** One of a fixed set of words. */
export function oneOf<const Words extends readonly [string, ...string[]]>(...words: Words) {
  return z.enum(words, { error: `must be one of ${words.join(", ")}` });
}

/** A list, written as YAML or JSON. */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z.array(item, { error: "must be a list" });
}
