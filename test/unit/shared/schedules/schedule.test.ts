import { expect, it } from "vitest";
import * as z from "zod";
import { defineRegistry } from "../../../../shared/contract/registry.ts";
import { defineTask } from "../../../../shared/contract/task-type.ts";
import { type ScheduleDefinition, defineSchedule } from "../../../../shared/schedules/schedule.ts";
import { TEST_QUEUES } from "../../../harness/registry/test-queues.ts";

const sendReport = defineTask({
  type: "report.send",
  payload: z.strictObject({ to: z.email(), copies: z.int().default(1) }),
  queue: "default",
  timeoutMs: 10_000,
  attempts: 3,
});

const NIGHTLY = {
  name: "nightly-report",
  cron: "30 2 * * *",
  timeZone: "Europe/Berlin",
  task: sendReport,
  payload: { to: "ops@example.com" },
} as const satisfies ScheduleDefinition<typeof sendReport>;

it("a schedule has its payload as text, and fires only the latest missed time by default", () => {
  expect(defineSchedule(NIGHTLY)).toMatchObject({
    name: "nightly-report",
    catchUp: false,
    payload: { json: '{"to":"ops@example.com"}', hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
  });
  expect(defineSchedule({ ...NIGHTLY, catchUp: true }).catchUp).toBe(true);
});

it("the compiler checks the payload", () => {
  // @ts-expect-error -- There is no such field.
  expect(() => defineSchedule({ ...NIGHTLY, payload: { to: "ops@example.com", subject: "x" } })).toThrow(TypeError);
  // @ts-expect-error -- A field is missing.
  expect(() => defineSchedule({ ...NIGHTLY, payload: {} })).toThrow(TypeError);
});

it.each([
  [{ name: "Nightly" }, 'Schedule "Nightly": name must match'],
  [{ name: "a".repeat(64) }, "name must match"],
  [{ cron: "daily" }, 'Schedule "nightly-report": cron must have five fields, such as "*/15 * * * *"'],
  [{ cron: "61 2 * * *" }, "cron can't be read: Invalid value for minute: 61"],
  [{ timeZone: "Mars" }, 'there is no time zone "Mars": use a name such as Europe/Berlin or Etc/UTC.'],
  [{ payload: { to: "nobody" } }, "The payload is not one of report.send: payload.to"],
])("%j is refused with a sentence", (change, sentence) => {
  expect(() => defineSchedule({ ...NIGHTLY, ...change })).toThrow(TypeError);
  expect(() => defineSchedule({ ...NIGHTLY, ...change })).toThrow(sentence);
});

it("all problems are reported at once", () => {
  const broken = { ...NIGHTLY, name: "?", cron: "?", timeZone: "?", payload: { to: "?" } };
  expect(() => defineSchedule(broken)).toThrow(/name .*\n.*time zone .*\n.*cron .*\n.*payload/);
});

it("a registry accepts schedules of its own types with unique names", () => {
  const nightly = defineSchedule(NIGHTLY);
  const parts = { queues: TEST_QUEUES, taskTypes: [sendReport] };
  expect([...defineRegistry(parts).schedules.keys()]).toEqual([]);
  expect([...defineRegistry({ ...parts, schedules: [nightly] }).schedules]).toEqual([["nightly-report", nightly]]);
  expect(() => defineRegistry({ ...parts, schedules: [nightly, nightly] })).toThrow(
    'Schedule "nightly-report" is defined twice: give one of them another name.',
  );
  expect(() => defineRegistry({ ...parts, taskTypes: [], schedules: [nightly] })).toThrow(
    'Schedule "nightly-report": its task, "report.send", is not one of the task types: list it there.',
  );
  const many = Array.from({ length: 501 }, (_, n) => defineSchedule({ ...NIGHTLY, name: `s${n}` }));
  expect(() => defineRegistry({ ...parts, schedules: many })).toThrow("There may be at most 500 schedules.");
});
