import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { type LogLevel, createLog } from "../../../src/cli/log.ts";

function setup({ level = "info", readable = false }: { level?: LogLevel; readable?: boolean } = {}) {
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(stripVTControlCharacters(line));
  return { lines, log: createLog({ service: "firestore", level, readable, write }) };
}

test("writes an entry as one line of JSON, an error with its stack", () => {
  const { log, lines } = setup();
  const err = new TypeError("a bug");
  log.error({ err, rpc: "Commit", missing: undefined }, "an RPC handler failed");
  expect(lines.join("")).toMatch(/^\{.*\}\n$/);
  expect(JSON.parse(lines.join(""))).toEqual({
    severity: "ERROR",
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    service: "firestore",
    rpc: "Commit",
    err: { type: "TypeError", message: "a bug", stack: err.stack },
    message: "an RPC handler failed",
  });
});

test.each<[LogLevel, string[]]>([
  ["trace", ["INFO", "WARNING", "ERROR"]],
  ["info", ["INFO", "WARNING", "ERROR"]],
  ["warn", ["WARNING", "ERROR"]],
  ["error", ["ERROR"]],
])("writes from level %s up", (level, severities) => {
  const { log, lines } = setup({ level });
  log.info({}, "a");
  log.warn({}, "b");
  log.error({}, "c");
  expect(lines.map((line) => JSON.parse(line).severity)).toEqual(severities);
});

test("writes a line for a person, in which nothing commands the terminal", () => {
  const { log, lines } = setup({ readable: true });
  log.info({ host: "127.0.0.1", port: 8090, dataDir: undefined, task: "a b\u{1b}[2J\u{202e}" }, "listening");
  expect(lines).toEqual([
    expect.stringMatching(/^firestore {3}\d\d:\d\d:\d\d\.\d{3} listening host=127\.0\.0\.1 port=8090 task="a b/),
  ]);
  expect(lines.join("")).toMatch(/^[^\p{Cc}\p{Cf}]+\n$/u);
});

test("writes an error's stack below the line for a person", () => {
  const { log, lines } = setup({ readable: true });
  log.warn({ err: new Error("broken") }, "it failed");
  expect(lines.join("")).toMatch(/it failed\nError: broken\n +at /);
});

test("shows a person what was thrown when it isn't an error", () => {
  const { log, lines } = setup({ readable: true });
  log.error({ err: "late" }, "failed");
  expect(stripVTControlCharacters(lines[0] ?? "")).toContain("failed err=late");
});
