import { stripVTControlCharacters } from "node:util";
import { expect, it } from "vitest";
import { randomTaskId } from "../../../shared/contract/task-id.ts";
import { taskLabels } from "../../../shared/runtime/log-fields.ts";
import { errorFields } from "../../../shared/runtime/error-fields.ts";
import { captureLog } from "../../harness/runtime/captured-log.ts";
import { readableLine } from "../../../services/local/log-line.ts";

const entry = { severity: "INFO", time: "2026-01-02T03:04:05.678Z", service: "worker", message: "delivery" };

/** The line without the colours that a terminal gets. */
const plain = (line: string) => stripVTControlCharacters(readableLine("worker", line));

it("shows name, time, message and fields of a line of JSON", () => {
  expect(plain(JSON.stringify({ ...entry, outcome: "done", tookMs: 12, nested: { a: [1] } }))).toBe(
    'worker      03:04:05.678 delivery outcome=done tookMs=12 nested={"a":[1]}',
  );
});

it("quotes a field's text if it has spaces or is empty", () => {
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

const TASK_ID = "0af7651916cd43dd8448eb211c80319c-default";
const labels = { taskId: TASK_ID, taskType: "receipt.send", queue: "default" };

it("shows the task of a line before all other fields", () => {
  const line = { ...entry, dependency: "mail", "logging.googleapis.com/labels": labels };
  expect(plain(JSON.stringify(line))).toBe(
    `worker      03:04:05.678 delivery taskId=${TASK_ID} taskType=receipt.send queue=default dependency=mail`,
  );
});

it("shows a task once if the line names it twice", () => {
  const line = { ...entry, "logging.googleapis.com/labels": labels, taskId: TASK_ID, taskType: "unknown" };
  expect(plain(JSON.stringify(line))).toBe(
    `worker      03:04:05.678 delivery taskId=${TASK_ID} taskType=unknown queue=default`,
  );
});

it("loses no field of a delivery's line", () => {
  const fields = { outcome: "failed", taskId: TASK_ID, retryCount: "3", tookMs: 12, delayMs: 0, errorCode: "http_500" };
  const more = { attempt: 4, problems: ["a: b"], ok: false, nothing: null, trace_sampled: true };
  expect(plain(JSON.stringify({ ...entry, ...fields, ...more }))).toMatch(
    / outcome=failed taskId=\S+ retryCount=3 tookMs=12 delayMs=0 errorCode=http_500 attempt=4 problems=\["a: b"\] ok=false nothing=null trace_sampled=true$/,
  );
});

it.each(["WARNING", "ERROR", "CRITICAL", "DEBUG"])(
  "names the severity %s, for those who see no colours",
  (severity) => {
    expect(plain(JSON.stringify({ ...entry, severity }))).toBe(`worker      03:04:05.678 ${severity} delivery`);
  },
);

it("shows a field whose name is special in JavaScript", () => {
  expect(plain('{"message":"m","__proto__":{"a":1},"error":{"message":"e","__proto__":2}}')).toBe(
    'worker      m __proto__={"a":1} error.__proto__=2 \nError: e',
  );
});

it("shows a handler's field whose name the line uses itself", () => {
  const line = plain(
    JSON.stringify({ ...entry, time: 5, service: "mail", httpRequest: "GET /", err: "late", error: 7 }),
  );
  expect(line).toBe('worker      delivery time=5 service=mail httpRequest="GET /" err=late error=7');
});

it("puts one of our errors on separate lines, with its cause and its other fields", () => {
  const cause = {
    name: "Error",
    message: "ECONNREFUSED",
    code: "ECONNREFUSED",
    frames: ["    at connect (net.ts:1:2)"],
  };
  const error = {
    name: "DependencyError",
    message: "no mail",
    code: "DEPENDENCY",
    cause,
    frames: ["    at a (b.ts:1:2)"],
  };
  expect(plain(JSON.stringify({ ...entry, error }))).toBe(
    "worker      03:04:05.678 delivery error.code=DEPENDENCY error.cause.code=ECONNREFUSED \n" +
      "DependencyError: no mail\n    at a (b.ts:1:2)\ncaused by Error: ECONNREFUSED\n    at connect (net.ts:1:2)",
  );
});

it("shows the error of a log line as the worker writes it, with its task", () => {
  const { log, lines } = captureLog();
  const id = randomTaskId({ queue: "default", idempotency: "claim" });
  const child = log.child(taskLabels({ id, type: "receipt.send" }));
  child.error(errorFields(new RangeError("too far", { cause: new Error("why") })), "the handler threw");
  const shown = plain(lines[0] ?? "");
  expect(shown).toContain(`ERROR the handler threw taskId=${id} taskType=receipt.send queue=default service=test`);
  expect(shown).toMatch(/\nRangeError: too far\n {4}at .+\ncaused by Error: why\n {4}at /s);
});

it.each(["\u001b[31mred\u001b[0m", "a\tb", "\u001b[1;38;5;200mbold\u001b[m"])(
  "keeps the colours of output like %j",
  (line) => {
    expect(readableLine("worker", line)).toContain(line);
  },
);

it.each(["\u001b[2J", "\u001b]0;title\u0007", "\u009b2J", "\u202e", "\b", "\u001b[31;31H"])(
  "keeps the command %j in output that isn't JSON from the terminal",
  (line) => {
    expect(readableLine("worker", `a${line}b`)).not.toContain(line);
  },
);

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
])("keeps %s in any part of a line from the terminal", (_name, hostile) => {
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
