import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { StoredDocument } from "../../../../src/firestore/store/document.ts";
import { compileQuery } from "../../../../src/firestore/query/query.ts";
import type { Order, StructuredQuery } from "../../../../src/firestore/query/structured-query.ts";
import type { Fields, Value } from "../../../../src/firestore/values/value.ts";
import { flatValue } from "../values/arbitrary-values.ts";
import { after, and, before, down, inC, is, or, up, where } from "./wire-queries.ts";
import {
  document,
  double,
  int,
  LARGEST,
  map,
  NAN,
  NULL,
  PAST_DOUBLES,
  pathsOf,
  reference,
  ROOT,
  text,
} from "../values/wire-values.ts";

/** Four documents with `x` and `y` and one without `y`, in no order. */
const DOCUMENTS = [
  document("c/d", { x: int(2), y: int(1) }),
  document("c/a", { x: int(1), y: int(2) }),
  document("c/e", { x: text("t") }),
  document("c/c", { x: double(2), y: int(3) }),
  document("c/b", { x: int(2), y: int(1), m: map({ k: int(1), l: int(2) }) }),
];

function run(query: StructuredQuery, documents: readonly StoredDocument[] = DOCUMENTS): string {
  return pathsOf(compileQuery(ROOT, inC(query)).run(documents).documents)
    .map((path) => path.slice(2))
    .join(" ");
}

describe("the order of a query", () => {
  it.each<[string, StructuredQuery, string]>([
    ["is by name by default", {}, "a b c d e"],
    ["is by its fields, then by name", { orderBy: [up("x")] }, "a b c d e"],
    ["has names in the direction of the last field", { orderBy: [down("x")] }, "e d c b a"],
    ["is by one field after the other", { orderBy: [down("x"), up("y")] }, "b d c a"],
    ["leaves out documents without a field of it", { orderBy: [up("y")] }, "b d a c"],
    ["can end with the name in its own direction", { orderBy: [up("x"), down("__name__")] }, "a d c b e"],
    ["is by the fields of inequalities", { where: where("y", "GREATER_THAN", int(0)) }, "b d a c"],
    [
      "is by several of them in the order of their names",
      { where: and(where("y", "LESS_THAN", int(9)), where("x", "LESS_THAN", int(9))) },
      "a b d c",
    ],
    [
      "is by those after the query's own fields, in their direction",
      { where: where("x", "GREATER_THAN", int(0)), orderBy: [down("y")] },
      "c a d b",
    ],
    ["is not changed by equality", { where: where("x", "EQUAL", int(2)) }, "b c d"],
    ["is by != too", { where: where("y", "NOT_EQUAL", int(2)) }, "b d c"],
    ["is by is-not-null too", { where: is("y", "IS_NOT_NULL") }, "b d a c"],
    [
      "leaves out documents that match an OR but lack the inequality's field",
      { where: or(where("y", "GREATER_THAN", int(2)), where("x", "EQUAL", text("t"))) },
      "c",
    ],
    [
      "is by inequalities on the name last",
      { where: and(where("__name__", "GREATER_THAN", reference("c/a")), where("y", "GREATER_THAN", int(0))) },
      "b d c",
    ],
  ])("%s", (_, query, ids) => {
    expect(run(query)).toBe(ids);
  });

  it("distinguishes integers beyond 2^53", () => {
    const documents = [
      document("c/a", { n: int(LARGEST) }),
      document("c/b", { n: int(PAST_DOUBLES) }),
      document("c/c", { n: double(2 ** 53) }),
    ];

    expect(run({ orderBy: [up("n")] }, documents)).toBe("c b a");
  });
});

describe("cursors", () => {
  it.each<[string, StructuredQuery, string]>([
    ["start at values", { orderBy: [up("x")], startAt: before(int(2)) }, "b c d e"],
    ["start after values", { orderBy: [up("x")], startAt: after(int(2)) }, "e"],
    ["end at values", { orderBy: [up("x")], endAt: after(int(2)) }, "a b c d"],
    ["end before values", { orderBy: [up("x")], endAt: before(int(2)) }, "a"],
    ["follow a descending order", { orderBy: [down("x")], startAt: after(text("t")), endAt: after(int(2)) }, "d c b"],
    ["compare value by value", { orderBy: [up("x"), up("y")], startAt: before(int(2), int(3)) }, "c"],
    [
      "distinguish equal values by name",
      { orderBy: [up("x"), up("__name__")], startAt: after(int(2), reference("c/b")) },
      "c d e",
    ],
    ["have other types", { orderBy: [up("x")], startAt: before(text("")) }, "e"],
    [
      "can be outside the filter",
      { where: where("x", "GREATER_THAN", int(1)), orderBy: [up("x")], startAt: before(int(0)) },
      "b c d",
    ],
    ["can exclude everything", { orderBy: [up("x")], startAt: before(int(2)), endAt: before(int(2)) }, ""],
    ["include everything when they come first and are empty", { startAt: before() }, "a b c d e"],
    ["exclude everything when they come last and are empty", { startAt: after() }, ""],
    [
      "can have names of other collections",
      { orderBy: [up("__name__")], startAt: before(reference("b/z/y/x")) },
      "a b c d e",
    ],
  ])("%s", (_, query, ids) => {
    expect(run(query)).toBe(ids);
  });
});

describe("a page", () => {
  it.each<[string, StructuredQuery, string]>([
    ["ends at the limit", { limit: { value: 2 } }, "a b"],
    ["is empty with a limit of 0", { limit: {} }, ""],
    ["starts after the offset", { offset: 3 }, "d e"],
    ["counts its limit from its offset", { offset: 1, limit: { value: 2 } }, "b c"],
    [
      "counts both from the cursor",
      { orderBy: [up("x")], startAt: before(int(2)), offset: 1, limit: { value: 2 } },
      "c d",
    ],
    ["is empty past the end", { offset: 9 }, ""],
  ])("%s", (_, query, ids) => {
    expect(run(query)).toBe(ids);
  });
});

describe("scope", () => {
  const PATHS = ["c/a", "c/a/c/b", "c/a/d/e", "c/a/d/e/c/f", "cc/a", "d/c"];
  const inScope = (parent: string, query: StructuredQuery): string[] => {
    const compiled = compileQuery(parent, query);
    return PATHS.filter((path) => compiled.inScope(`${ROOT}/${path}`));
  };

  it.each<[string, StructuredQuery, string[], string[]]>([
    ["one collection", inC(), ["c/a"], ["c/a/c/b"]],
    [
      "a group of collections",
      { from: [{ collectionId: "c", allDescendants: true }] },
      ["c/a", "c/a/c/b", "c/a/d/e/c/f"],
      ["c/a/c/b", "c/a/d/e/c/f"],
    ],
    ["every collection", { from: [{ allDescendants: true }] }, PATHS, ["c/a/c/b", "c/a/d/e", "c/a/d/e/c/f"]],
    ["the collections directly below", {}, ["c/a", "cc/a", "d/c"], ["c/a/c/b", "c/a/d/e"]],
  ])("is %s, below the root and below a document", (_, query, ofRoot, ofDocument) => {
    expect(inScope(ROOT, query)).toEqual(ofRoot);
    expect(inScope(`${ROOT}/c/a`, query)).toEqual(ofDocument);
  });

  it("has the collection if there is only one", () => {
    expect(compileQuery(`${ROOT}/c/a`, inC()).collection).toBe(`${ROOT}/c/a/c`);
    expect(compileQuery(ROOT, {}).collection).toBeNull();
    expect(compileQuery(ROOT, { from: [{ collectionId: "c", allDescendants: true }] }).collection).toBeNull();
  });
});

describe("matches", () => {
  it("checks the filter, the fields of the order and the position between the cursors, but not the page", () => {
    const query = compileQuery(
      ROOT,
      inC({
        where: where("x", "EQUAL", int(2)),
        orderBy: [up("y")],
        startAt: after(int(0)),
        endAt: after(int(3)),
        limit: { value: 1 },
        offset: 5,
      }),
    );
    const matches = (fields: Fields): boolean => query.matches(document("c/z", fields));

    expect(matches({ x: int(2), y: int(3) })).toBe(true);
    expect(matches({ x: int(1), y: int(3) })).toBe(false);
    expect(matches({ x: int(2) })).toBe(false);
    expect(matches({ x: int(2), y: int(0) })).toBe(false);
    expect(matches({ x: int(2), y: int(4) })).toBe(false);
  });
});

describe("project", () => {
  const selecting = (...paths: string[]): Fields => {
    const query = compileQuery(ROOT, inC({ select: { fields: paths.map((fieldPath) => ({ fieldPath })) } }));
    return query.project(document("c/a", { a: map({ b: int(1), c: NULL }), "d.e": int(2), f: NAN })).fields;
  };

  it("keeps the selected fields", () => {
    expect(selecting("a.b", "`d.e`", "x")).toEqual({ a: map({ b: int(1) }), "d.e": int(2) });
  });

  it("has no fields when only the name is selected", () => {
    expect(selecting("__name__")).toEqual({});
  });

  it("keeps all fields when none is selected", () => {
    expect(Object.keys(selecting())).toEqual(["a", "d.e", "f"]);
    const whole = document("c/a", { a: int(1) });
    expect(compileQuery(ROOT, inC()).project(whole)).toBe(whole);
  });
});

describe("walking through pages", () => {
  const anyDocuments = fc
    .array(fc.record({ x: flatValue(), y: flatValue() }, { requiredKeys: ["x"] }), { maxLength: 12 })
    .map((list) => list.map((fields, i) => document(`c/d${i}`, present(fields))));
  const anyOrder = fc.constantFrom<Order[]>([up("x")], [down("x")], [up("x"), down("y")], [down("y"), up("x")], []);

  it("by cursors visits every document once, in the order of the whole result", () => {
    fc.assert(
      fc.property(anyDocuments, anyOrder, fc.integer({ min: 1, max: 4 }), (documents, fieldOrder, size) => {
        const direction = fieldOrder.at(-1)?.direction === 2 ? down("__name__") : up("__name__");
        const orderBy = [...fieldOrder, direction];
        const whole = pathsOf(compileQuery(ROOT, inC({ orderBy })).run(documents).documents);
        const walked: string[] = [];
        let last: StoredDocument | undefined;
        for (let pages = 0; pages <= documents.length; pages++) {
          const startAt = last ? after(...cursorValues(orderBy, last)) : null;
          const page = compileQuery(ROOT, inC({ orderBy, startAt, limit: { value: size } })).run(documents).documents;
          walked.push(...pathsOf(page));
          last = page.at(-1) ?? last;
          if (page.length < size) break;
        }
        expect(walked).toEqual(whole);
        expect(new Set(walked).size).toBe(walked.length);
        const hasAll = ({ fields }: StoredDocument): boolean =>
          fieldOrder.every(({ field }) => Object.hasOwn(fields, field?.fieldPath ?? ""));
        expect(walked.toSorted()).toEqual(pathsOf(documents.filter(hasAll)).toSorted());
      }),
    );
  });
});

function present(fields: { x: Value; y?: Value | undefined }): Fields {
  return fields.y ? { x: fields.x, y: fields.y } : { x: fields.x };
}

function cursorValues(orderBy: readonly Order[], last: StoredDocument): Value[] {
  return orderBy.map(({ field }) => last.fields[field?.fieldPath ?? ""] ?? { referenceValue: last.name });
}
