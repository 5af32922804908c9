import { status } from "@grpc/grpc-js";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatFieldPath,
  getField,
  parseFieldPath,
  projectFields,
  setField,
} from "../../../../src/firestore/values/field-path.ts";
import type { Fields } from "../../../../src/firestore/values/value.ts";
import { array, int, map, NULL, text } from "./wire-values.ts";

describe("parseFieldPath", () => {
  it.each([
    ["a", ["a"]],
    ["a.b_2._c", ["a", "b_2", "_c"]],
    ["`a.b`.c", ["a.b", "c"]],
    ["`a`.b.`c d`", ["a", "b", "c d"]],
    ["`1a`", ["1a"]],
    ["`ü`", ["ü"]],
    ["`k\\`y`", ["k`y"]],
    ["`b\\\\s`", ["b\\s"]],
    ["`line\nbreak`", ["line\nbreak"]],
    ["__name__", ["__name__"]],
    ["x".repeat(1500), ["x".repeat(1500)]],
  ])("parses %j", (path, names) => {
    expect(parseFieldPath(path)).toEqual(names);
  });

  it.each([
    "",
    ".",
    "a.",
    ".a",
    "a..b",
    "a-b",
    "1a",
    "ü",
    "a b",
    " a",
    "a[0]",
    "*",
    "`a",
    "a`",
    "``",
    "`a`b",
    "a`b`",
    "`a`.",
    "b\\s",
    "k\\`y",
    "__x__",
    "a.__x__",
    "__name__.a",
    "a.__name__",
    "x".repeat(1501),
  ])("refuses %j", (path) => {
    expect(() => parseFieldPath(path)).toThrow(expect.objectContaining({ code: status.INVALID_ARGUMENT }));
  });

  it("parses what formatFieldPath writes", () => {
    const name = fc.string({ unit: fc.constantFrom("a", "1", ".", "`", "\\", " ", "ü"), minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 3 }), (path) => {
        expect(parseFieldPath(formatFieldPath(path))).toEqual(path);
      }),
    );
  });
});

describe("formatFieldPath", () => {
  it("quotes only the names that need it", () => {
    expect(formatFieldPath(["a", "b.c", "d`e", "1"])).toBe("a.`b.c`.`d\\`e`.`1`");
  });
});

describe("getField", () => {
  const fields: Fields = { a: map({ b: map({ c: int(1) }) }), list: array(int(1)), text: text("t") };

  it("finds a value at any depth", () => {
    expect(getField(fields, ["a", "b", "c"])).toEqual(int(1));
    expect(getField(fields, ["a", "b"])).toEqual(map({ c: int(1) }));
  });

  it.each([
    [["x"]],
    [["a", "x"]],
    [["a", "b", "c", "d"]],
    [["list", "0"]],
    [["text", "length"]],
    [["toString"]],
    [["__proto__"]],
    [["a", "constructor"]],
  ])("finds nothing at %j", (path) => {
    expect(getField(fields, path)).toBeUndefined();
  });
});

describe("setField", () => {
  const before = (): Fields => ({ a: map({ b: int(1), c: int(2) }), d: int(3) });

  it.each([
    ["replaces a value", ["d"], int(4), { a: map({ b: int(1), c: int(2) }), d: int(4) }],
    ["adds a value in a map", ["a", "x"], NULL, { a: map({ b: int(1), c: int(2), x: NULL }), d: int(3) }],
    [
      "creates the maps on the way",
      ["x", "y"],
      NULL,
      { a: map({ b: int(1), c: int(2) }), d: int(3), x: map({ y: NULL }) },
    ],
    ["replaces another value with a map", ["d", "y"], NULL, { a: map({ b: int(1), c: int(2) }), d: map({ y: NULL }) }],
    ["deletes a value", ["d"], undefined, { a: map({ b: int(1), c: int(2) }) }],
    ["deletes a value in a map", ["a", "b"], undefined, { a: map({ c: int(2) }), d: int(3) }],
    ["leaves a map behind when its last value is deleted", ["a"], map({}), { a: map({}), d: int(3) }],
    ["deletes nothing where there is nothing", ["x", "y"], undefined, { a: map({ b: int(1), c: int(2) }), d: int(3) }],
    ["deletes nothing below another value", ["d", "y"], undefined, { a: map({ b: int(1), c: int(2) }), d: int(3) }],
  ])("%s", (_, path, value, after) => {
    expect(setField(before(), path, value)).toEqual(after);
  });

  it("does not change the given fields, and shares what stays the same", () => {
    const fields = before();
    const changed = setField(fields, ["a", "b"], NULL);

    expect(fields).toEqual(before());
    expect(changed["d"]).toBe(fields["d"]);
  });

  it("sets a field called __proto__ like any other", () => {
    const fields = setField({ a: NULL }, ["__proto__"], map({ polluted: NULL }));

    expect(Object.keys(fields)).toEqual(["a", "__proto__"]);
    expect(getField(fields, ["__proto__", "polluted"])).toEqual(NULL);
    expect(Object.getPrototypeOf(fields)).toBe(Object.prototype);
    expect(setField(fields, ["__proto__"], undefined)).toEqual({ a: NULL });
  });
});

describe("projectFields", () => {
  const fields: Fields = { a: map({ b: int(1), c: map({}) }), d: int(3) };

  it.each([
    ["the values at the paths", [["d"], ["a", "b"]], { d: int(3), a: map({ b: int(1) }) }],
    ["a whole map, even when a part of it is requested", [["a", "b"], ["a"]], { a: map({ b: int(1), c: map({}) }) }],
    ["a whole map before a part of it", [["a"], ["a", "b"]], { a: map({ b: int(1), c: map({}) }) }],
    [
      "no map without a value",
      [
        ["a", "x"],
        ["a", "c", "x"],
      ],
      {},
    ],
    ["nothing for no paths", [], {}],
  ])("keeps %s", (_, paths, projected) => {
    expect(projectFields(fields, paths)).toEqual(projected);
  });
});
