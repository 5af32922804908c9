import * as fc from "fast-check";
import { mostly } from "../mostly.ts";

/** Names of fields: few, so that queries find documents. */
export const FIELD_NAMES = ["a", "b", "m", "l", "é", "x.y", "A", "0"];

/** The same as paths, and some below them. The first five are the plain ones. */
const FIELD_PATHS = [
  "a",
  "b",
  "m",
  "l",
  "m.a",
  "m.b",
  "`é`",
  "`x.y`",
  "A",
  "`0`",
  "m.`x.y`",
  "`a`",
  "l.a",
  "a.b",
  "m.value",
];

/** Invalid paths, and reserved ones. */
const BAD_PATHS = ["", ".", "a.", ".a", "a..b", "a b", "é", "1", "a-b", "`", "``", "`a", "a`b`", "__x__", "a.__x__"];
const ODD_PATHS = [
  "`__x__`",
  "__name__",
  "__name__.a",
  "a.__name__",
  "`__name__`",
  "`a\\``",
  "`a\\\\`",
  "`a\\b`",
  "_",
  "__",
  "____",
  "x".repeat(1_501),
  "`a`.`b`",
];

/** A field path, sometimes an invalid one. */
export function fieldPath(): fc.Arbitrary<string> {
  return mostly(fc.constantFrom(...FIELD_PATHS), fc.constantFrom(...BAD_PATHS, ...ODD_PATHS), 30);
}
