import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { KNOWN_BUGS } from "../../chaos/bugs/known-bugs.ts";

const ROOT = path.resolve(import.meta.dirname, "../../..");

/** The runs that catch the bugs take minutes and aren't part of `npm test`. A bug that can't be built in would catch nothing. */
test.for(Object.entries(KNOWN_BUGS))(
  "the known bug %s has a place in the current code",
  ([, { file, text, instead }]) => {
    const source = fs.readFileSync(path.join(ROOT, file), "utf8");

    expect(source.split(text)).toHaveLength(2);
    expect(instead).not.toBe(text);
  },
);
