import * as fc from "fast-check";
import { Readable } from "node:stream";
import { expect, it } from "vitest";
import { taskOfLine } from "../../../../packages/client/src/cli/ndjson/line-task.ts";
import { type Line, linesOf } from "../../../../packages/client/src/cli/ndjson/lines.ts";
import { readInput } from "../../../../packages/client/src/cli/ndjson/read-input.ts";

async function read(...chunks: readonly (string | Uint8Array)[]): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const line of linesOf(Readable.from(chunks.map((chunk) => Buffer.from(chunk))))) lines.push(line);
  return lines;
}

it("numbers lines from 1, counts empty ones without yielding them, and needs no newline at the end", async () => {
  const lines = await read('{"a":1}\n\n  \r\n{"b":2}\r\n3');
  expect(lines.map(({ number, text }) => [number, text?.trim()])).toEqual([
    [1, '{"a":1}'],
    [4, '{"b":2}'],
    [5, "3"],
  ]);
  expect(lines.map(({ endByte }) => endByte)).toEqual([8, 22, 23]);
});

it("yields the same lines however the bytes are split", async () => {
  const text = fc
    .array(fc.string({ unit: "grapheme" }).map((line) => line.replaceAll("\n", " ")))
    .map((lines) => lines.join("\n"));
  await fc.assert(
    fc.asyncProperty(text, fc.array(fc.nat(20)), async (given, cuts) => {
      const whole = Buffer.from(given);
      const pieces: Buffer[] = [];
      let from = 0;
      for (const cut of cuts) pieces.push(whole.subarray(from, (from += cut)));
      expect(await read(...pieces, whole.subarray(from))).toEqual(await read(whole));
    }),
    { numRuns: 50 },
  );
});

it("reports a line that is too long or not UTF-8, and continues after it", async () => {
  const megabyte = "x".repeat(1024 * 1024);
  const lines = await read(megabyte, megabyte, megabyte, "\n", Buffer.of(0xff, 0x0a), "7\n");
  expect(lines.map(({ number, text, problem }) => [number, text, problem])).toEqual([
    [1, undefined, "The line is longer than 2097152 bytes."],
    [2, undefined, "The line is not valid UTF-8."],
    [3, "7", undefined],
  ]);
});

const line = (text: string): Line => ({ number: 7, text, endByte: 0 });
const with_ = (type?: string, keyPrefix?: string) => ({ type, keyPrefix });

it.each([
  ['{"sentAt":1}', with_("a.b", "p"), { type: "a.b", payload: { sentAt: 1 }, idempotencyKey: "p-7" }],
  ['{"payload":1}', with_("a.b", "p"), { type: "a.b", payload: 1, idempotencyKey: "p-7" }],
  ['{"payload":1,"other":2}', with_("a.b", "p"), { payload: { payload: 1, other: 2 } }],
  ['{"type":"c","payload":1,"idempotencyKey":"k"}', with_("a.b", "p"), { type: "c", payload: 1, idempotencyKey: "k" }],
  ['{"type":"c","payload":null,"idempotencyKey":"k","delaySeconds":3}', with_(), { payload: null, delaySeconds: 3 }],
])("reads %s as a task", (text, defaults, task) => {
  expect(taskOfLine(line(text), defaults)).toMatchObject(task);
});

it.each([
  ['{"payload":1}', with_("a.b"), "The task has no idempotencyKey. Give it one, or the command --key-prefix."],
  ['{"payload":1,"idempotencyKey":"k"}', with_(), "The task has no type, and the command names none."],
  ['{"type":"c"}', with_(undefined, "p"), "The task has no payload."],
  ['{"type":1,"payload":2}', with_(undefined, "p"), "The line is not a task: type must be a text."],
  [
    '{"type":"c","payload":1,"idempotencyKey":"a key"}',
    with_(),
    "idempotencyKey must be 1 to 255 visible ASCII characters, without spaces.",
  ],
  ["[]", with_(undefined, "p"), "The line is not a task"],
  ["nope", with_("a.b", "p"), "The line is not valid JSON."],
  ['{"n":9007199254740993}', with_("a.b", "p"), "n is a number that a double can't hold unchanged: send it as text."],
  ['{"n":1,"n":2}', with_("a.b", "p"), "n is a duplicate: leave one out."],
])("refuses %s", (text, defaults, why) => {
  expect(() => taskOfLine(line(text), defaults)).toThrow(why);
});

it("never sends a number that would change on the way", () => {
  expect(() => readInput("[1e999]", "The payload")).toThrow("is a number beyond the range of a double");
});
