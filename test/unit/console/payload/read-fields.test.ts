import { describe, expect, it } from "vitest";
import { type Field, inputName, leavesOf, payloadField } from "../../../../services/console/payload/field.ts";
import { placeProblems } from "../../../../services/console/payload/field-problems.ts";
import { fillFields } from "../../../../services/console/payload/fill-fields.ts";
import { readFields } from "../../../../services/console/payload/read-fields.ts";

const SCHEMA = {
  type: "object",
  properties: {
    title: { type: "string", maxLength: 100 },
    text: { type: "string" },
    amount: { type: "integer" },
    at: { type: "string", format: "date-time" },
    isUrgent: { type: "boolean" },
    tags: { type: "array", items: { type: "string" } },
    counts: { type: "array", items: { type: "number" } },
    to: { type: "object", properties: { name: { type: "string" }, age: { type: "number" } }, required: ["name"] },
    more: {},
    lines: { type: "array", items: { type: "object" } },
  },
  required: ["title", "tags"],
  additionalProperties: false,
};
const FIELD = payloadField(SCHEMA);

const read = (typed: Readonly<Record<string, string>>, field: Field = FIELD) =>
  readFields(field, new Map(Object.entries(typed)));

describe("reading typed text", () => {
  it("keeps every digit of a number", () => {
    const typed = {
      "payload.title": "t",
      "payload.amount": " 12345678901234567890 ",
      "payload.counts": "1.10\n\n-0e5\r\n",
    };
    expect(read(typed)).toEqual({
      kind: "read",
      json: '{"title":"t","amount":12345678901234567890,"tags":[],"counts":[1.10,-0e5]}',
    });
  });

  it("leaves out empty optional fields, and keeps required ones", () => {
    expect(read({})).toEqual({ kind: "read", json: '{"title":"","tags":[]}' });
    expect(read({ "payload.to.age": "3" })).toMatchObject({ json: '{"title":"","tags":[],"to":{"name":"","age":3}}' });
  });

  it("keeps the spaces and lines of a text, and trims a word", () => {
    expect(
      read({ "payload.title": " a ", "payload.text": " b\r\n c ", "payload.at": " 2030-01-31T08:00:00Z " }),
    ).toEqual({
      kind: "read",
      json: '{"title":" a ","text":" b\\n c ","at":"2030-01-31T08:00:00Z","tags":[]}',
    });
  });

  it("names every field that can't be read", () => {
    const typed = {
      "payload.amount": "1,5",
      "payload.counts": "1\ntwo",
      "payload.isUrgent": "yes",
      "payload.more": "{",
      "payload.to.age": "+1",
    };
    const problems = { kind: "wrong", problems: expect.any(Array) };
    expect(read(typed)).toEqual(problems);
    expect(read(typed)).toMatchObject({
      problems: [
        { path: "payload.amount", message: "must be a number, such as 12 or 0.5" },
        { path: "payload.isUrgent", message: "is not one of the choices" },
        { path: "payload.counts.1", message: "must be a number, such as 12 or 0.5" },
        { path: "payload.to.age", message: "must be a number, such as 12 or 0.5" },
        { path: "payload.more", message: expect.stringContaining("is not valid JSON") },
      ],
    });
  });

  it("can't add a field through the text of another", () => {
    expect(read({ "payload.more": '1,"title":"x"' })).toMatchObject({ kind: "wrong" });
    expect(read({ "payload.amount": '1,"title":"x"' })).toMatchObject({ kind: "wrong" });
  });
});

describe("a payload", () => {
  it.each([
    ["an empty text that is optional", { title: "", tags: [], text: "" }],
    ["an empty list that is optional", { title: "", tags: [], counts: [] }],
    ["a line end in a text of one line", { title: "a\nb", tags: [] }],
    ["a carriage return", { title: "", tags: [], text: "a\rb" }],
    ["an item with a line end", { title: "", tags: ["a\nb"] }],
    ["an empty item", { title: "", tags: [""] }],
    ["NUL", { title: "\0", tags: [] }],
    ["half a surrogate pair", { title: "\uD800", tags: [] }],
    ["an unknown field", { title: "", tags: [], other: 1 }],
    ["a value of another type", { title: 5, tags: [] }],
  ])("isn't shown in fields that would change it: %s", (_, payload) => {
    expect(fillFields(FIELD, payload)).toBeUndefined();
  });
});

describe("a schema", () => {
  it.each([
    ["a union", { anyOf: [{ type: "string" }, { type: "number" }] }],
    ["several types", { type: ["string", "null"] }],
    ["a record", { type: "object", additionalProperties: { type: "number" } }],
    ["an open object", { type: "object", properties: {}, additionalProperties: {} }],
    ["a tuple", { type: "array", prefixItems: [{ type: "string" }] }],
    ["a list of objects", { type: "array", items: { type: "object" } }],
    ["a reference to itself", { $ref: "#" }],
    ["a reference to nothing", { $ref: "#/$defs/none" }],
    ["anything", {}],
    ["what is no schema", { type: 5 }],
  ])("that a form can't express is shown as JSON: %s", (_, schema) => {
    expect(payloadField(schema).kind).toBe("json");
  });

  it("that refers to itself is shown as JSON there", () => {
    const node = { type: "object", properties: { name: { type: "string" }, next: { $ref: "#/$defs/Node" } } };
    const field = payloadField({ $ref: "#/$defs/Node", $defs: { Node: node } });
    expect(field).toMatchObject({ kind: "group", fields: [{ kind: "text" }, { kind: "json" }] });
  });

  it("of more than 200 fields is shown as JSON", () => {
    const properties = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`f${at}`, { type: "string" }]));
    expect(payloadField({ type: "object", properties: properties(200) }).kind).toBe("group");
    expect(payloadField({ type: "object", properties: properties(201) }).kind).toBe("json");
  });
});

describe("an input", () => {
  it("has its own name, whatever the keys are", () => {
    const text = { type: "string" };
    const field = payloadField({
      type: "object",
      properties: { "a.b": text, a: { type: "object", properties: { b: text } }, "a%2Eb": text },
    });
    expect(leavesOf(field).map(inputName)).toEqual(["payload.a%2Eb", "payload.a.b", "payload.a%252Eb"]);
  });
});

describe("a problem", () => {
  it("is shown beside the innermost field that contains it", () => {
    const leaf = (key: string): Field => {
      const found = FIELD.kind === "group" ? FIELD.fields.find(({ path }) => path.at(-1) === key) : undefined;
      if (!found) throw new Error(`There is no field ${key}.`);
      return found;
    };
    const at = (path: string) => ({ path, message: "is wrong" });
    const placed = placeProblems(FIELD, ["payload.tags.3", "payload.to", "payload.tagsy", "payload", "x"].map(at));
    expect(placed.of(leaf("tags"))).toEqual([at("payload.tags.3")]);
    expect(placed.of(leaf("to"))).toEqual([at("payload.to")]);
    expect(placed.others).toEqual([at("payload.tagsy"), at("payload"), at("x")]);
  });
});
