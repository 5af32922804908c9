import { stripVTControlCharacters } from "node:util";
import { expect, it } from "vitest";
import { readableLine } from "../../../services/local/log-line.ts";

const entry = { severity: "INFO", time: "2026-01-02T03:04:05.678Z", service: "worker", message: "delivery" };

/** The line without the colours that a terminal gets. */
const plain = (line: string) => stripVTControlCharacters(readableLine("worker", line));

it("shows name, time, message and fields of a line of JSON", () => {
  expect(plain(JSON.stringify({ ...entry, outcome: "done", tookMs: 12, nested: { a: [1] } }))).toBe(
    'worker      03:04:05.678 delivery outcome=done tookMs=12 nested={"a":[1]}',
  );
});

it("quotes a field's text when it has spaces, or is empty", () => {
  expect(plain(JSON.stringify({ ...entry, a: "two words", b: "" }))).toMatch(/ a="two words" b=""$/);
});

it("abbreviates a request, and leaves out fields that only link lines in Cloud Logging", () => {
  const httpRequest = { requestMethod: "POST", requestUrl: "/v1/tasks", status: 202, latency: "0.012s" };
  const fields = { httpRequest, "logging.googleapis.com/trace": "projects/p/traces/0", queue: "bulk" };
  expect(plain(JSON.stringify({ ...entry, ...fields }))).toBe(
    "worker      03:04:05.678 delivery POST /v1/tasks 202 0.012s queue=bulk",
  );
});

it("puts an error's stack on separate lines", () => {
  const err = { type: "Error", message: "failed", stack: "Error: failed\n    at here (file.ts:1:2)" };
  expect(plain(JSON.stringify({ ...entry, err }))).toBe(
    "worker      03:04:05.678 delivery \nError: failed\n    at here (file.ts:1:2)",
  );
});

it.each(["not JSON", "{not JSON", "{}", '{"level":30}', "[1]", "null", ""])("keeps the line %j as it is", (line) => {
  expect(plain(line)).toBe(`worker      ${line}`);
});

it("shows a line of JSON that has only a message", () => {
  expect(plain('{"message":"hello"}')).toMatch(/^worker +hello$/);
});

it.each([
  ["a newline", "\n"],
  ["a carriage return", "\r"],
  ["an escape sequence", "\u001b[2J"],
  ["an escape sequence of one character", "\u009b2J"],
  ["a character that reverses the writing direction", "\u202e"],
  ["a line separator", "\u2028"],
])("keeps %s from the terminal, in any part of a line", (_name, hostile) => {
  const line = readableLine(
    "worker",
    JSON.stringify({ ...entry, message: `a${hostile}b`, field: `a${hostile}b`, [`a${hostile}b`]: { c: hostile } }),
  );
  expect(line).not.toContain(hostile);
});

it("keeps an escape sequence in an error's stack from the terminal", () => {
  const line = readableLine("worker", JSON.stringify({ ...entry, err: { stack: "Error: \u001b[2J\n    at here" } }));
  expect(line).not.toContain("\u001b[2J");
  expect(line).toContain("\n    at here");
});
