import { describe, expect, it } from "vitest";
import { fieldsSize, nameSize, valueSize } from "../../../src/firestore/store/document-size.ts";
import {
  array,
  bool,
  bytes,
  double,
  int,
  map,
  NULL,
  point,
  reference,
  ROOT,
  text,
  time,
  vector,
} from "./values/wire-values.ts";

describe("nameSize", () => {
  it.each([
    ["users/jeff/tasks/my_task_id", 44],
    ["c/d", 20],
    ["c/é", 21],
    ["c/__id12345__", 26],
  ])("of %s is %i bytes", (path, size) => {
    expect(nameSize(`${ROOT}/${path}`)).toBe(size);
  });
});

describe("fieldsSize", () => {
  it("of the documentation's example is 71 bytes", () => {
    const fields = {
      type: text("Personal"),
      done: bool(false),
      priority: int(1),
      description: text("Learn Cloud Firestore"),
    };

    expect(fieldsSize(fields)).toBe(71);
  });
});

describe("valueSize", () => {
  it.each([
    ["null", NULL, 1],
    ["a boolean", bool(true), 1],
    ["an integer", int(1), 8],
    ["a double", double(0.5), 8],
    ["a timestamp", time(1), 8],
    ["a point", point(1, 2), 16],
    ["an empty text", text(""), 1],
    ["a text of two bytes a character", text("éé"), 5],
    ["bytes", bytes(1, 2, 3), 3],
    ["a reference", reference("c/d"), 20],
    ["an array", array(int(1), text("ab"), NULL), 12],
    ["an empty array", array(), 0],
    ["a map", map({ ab: int(1), c: map({ d: NULL }) }), 3 + 8 + 2 + 2 + 1],
    ["a vector", vector(1, 2, 3), 24],
  ])("of %s", (_, value, size) => {
    expect(valueSize(value)).toBe(size);
  });
});
