import { expect, it } from "vitest";
import { createLogger } from "../../../../shared/runtime/log.ts";

function captureLines(level?: string) {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  return { lines, log: createLogger({ service: "worker", destination, ...(level === undefined ? {} : { level }) }) };
}

it.each([
  ["trace", "DEBUG"],
  ["debug", "DEBUG"],
  ["info", "INFO"],
  ["warn", "WARNING"],
  ["error", "ERROR"],
  ["fatal", "CRITICAL"],
] as const)("writes %s as Cloud Logging's %s", (level, severity) => {
  const { log, lines } = captureLines("trace");
  log[level]({ n: 1 }, "something happened");
  expect(JSON.parse(lines[0] ?? "")).toEqual({
    severity,
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    service: "worker",
    n: 1,
    message: "something happened",
  });
});

it("leaves out lines below its level, which is info by default", () => {
  const { log, lines } = captureLines();
  log.debug({}, "left out");
  expect(lines).toEqual([]);
});

it.each([
  ["a newline", "a\nb"],
  ["a carriage return", "a\rb"],
  ["an ANSI sequence", "a\u001b[2Jb"],
  ["the end of a JSON string", 'a","severity":"CRITICAL'],
  ["a NUL", "a\0b"],
  ["half a surrogate pair", "a\ud800b"],
])("writes one line of printable characters for a string with %s", (_name, hostile) => {
  const { log, lines } = captureLines();
  log.info({ [hostile]: hostile, nested: { [hostile]: hostile } }, hostile);
  expect(lines).toHaveLength(1);
  // oxlint-disable-next-line eslint/no-control-regex -- they are what is looked for
  expect(lines[0]).toMatch(/^[^\u0000-\u001f]*\n$/);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ severity: "INFO", [hostile]: hostile });
});

it("writes an error's message and stack in one line", () => {
  const { log, lines } = captureLines();
  log.error({ err: new RangeError("too far") }, "failed");
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    err: { type: "RangeError", message: "too far", stack: expect.stringContaining("log.test.ts") },
  });
});
