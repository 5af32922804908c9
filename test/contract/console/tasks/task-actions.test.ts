import { Timestamp } from "@google-cloud/firestore";
import { expect, it } from "vitest";
import { ACCOUNTS } from "../../../harness/auth/callers.ts";
import { setUpConsole } from "../../../harness/console/console-harness.ts";
import { LETTER } from "../../../harness/producer/letters.ts";
import { CLAIMED } from "../../../harness/producer/producer-harness.ts";

const LATER = { ...CLAIMED, scheduleTime: "2031-01-31T08:00:00Z" };
const MINUTE_MS = 60_000;

it("offers the actions on a task that is in its queue", async () => {
  const { producer, get } = await setUpConsole();
  const { body } = await producer.enqueue(LATER);
  const page = await get(`/tasks/${body.id}`);
  expect(page.actions).toEqual(["/search", `/tasks/${body.id}/run`]);
  expect(page.links).toEqual(expect.arrayContaining([`/tasks/${body.id}/reschedule`, `/tasks/${body.id}/cancel`]));
});

it("asks before it cancels, and then says what it did", async () => {
  const { producer, get, act } = await setUpConsole();
  const { body } = await producer.enqueue(LATER);

  const ask = await get(`/tasks/${body.id}/cancel`);
  expect(ask.main).toContain("No attempt has begun so far.");
  expect(ask.actions).toContain(`/tasks/${body.id}/cancel`);
  expect((await producer.send(`/v1/tasks/${body.id}`)).body.state).toBe("scheduled");

  const page = await act(`/tasks/${body.id}/cancel`);
  expect(page.text).toContain(`Task ${body.id} is cancelled. It has never run.`);
  expect(page.main).toContain("webhook.deliver cancelled");
  expect(page.liveSeconds).toBeUndefined();
});

it("says that a running task's attempt continues", async () => {
  const { producer, get, act } = await setUpConsole();
  await producer.writeRecord(LETTER, { state: "running", finishedAt: null, result: null, claimedAt: Timestamp.now() });

  expect((await get(`/tasks/${LETTER}/cancel`)).main).toContain("An attempt is running. It runs to its end");
  const page = await act(`/tasks/${LETTER}/cancel`);
  expect(page.text).toContain(`Task ${LETTER} will be cancelled when the running attempt ends`);
  expect(page.main).toContain("Somebody has cancelled the task: unless this attempt succeeds, the task ends with it.");
});

it("shows the refusal of a cancel that is too late", async () => {
  const { producer, act } = await setUpConsole();
  await producer.writeRecord(LETTER);
  const page = await act(`/tasks/${LETTER}/cancel`);
  expect(page.status).toBe(409);
  expect(page.main).toContain("The task can't be cancelled any more: its state is succeeded.");
});

it("runs a task now", async () => {
  const { producer, act } = await setUpConsole();
  const { body } = await producer.enqueue(LATER);
  const page = await act(`/tasks/${body.id}/run`);
  expect(page.text).toContain(`Task ${body.id} is due now, and no longer at its old time.`);
  const { scheduleTime } = (await producer.send(`/v1/tasks/${body.id}`)).body;
  expect(Date.parse(scheduleTime)).toBeLessThan(Date.now() + MINUTE_MS);
});

it("gives a task another time, in UTC", async () => {
  const { producer, get, act } = await setUpConsole();
  const { body } = await producer.enqueue(LATER);
  expect((await get(`/tasks/${body.id}/reschedule`)).main).toContain("2031-01-31 08:00:00.000 UTC");

  const page = await act(`/tasks/${body.id}/reschedule`, { at: "2031-02-01T10:30", delay: "", unit: "minutes" });
  expect(page.text).toContain(`Task ${body.id} is due at 2031-02-01T10:30:00.000Z`);
  expect(page.main).toContain("somebody rescheduled it to that time");
  expect((await producer.send(`/v1/tasks/${body.id}`)).body.scheduleTime).toBe("2031-02-01T10:30:00.000Z");
});

it("gives a task a delay from now", async () => {
  const { producer, act } = await setUpConsole();
  const { body } = await producer.enqueue(LATER);
  const beforeMs = Date.now();
  await act(`/tasks/${body.id}/reschedule`, { at: "", delay: "90", unit: "minutes" });
  const dueMs = Date.parse((await producer.send(`/v1/tasks/${body.id}`)).body.scheduleTime);
  expect(dueMs).toBeGreaterThanOrEqual(beforeMs + 90 * MINUTE_MS);
  expect(dueMs).toBeLessThanOrEqual(Date.now() + 90 * MINUTE_MS);
});

it.each([
  [{ at: "", delay: "", unit: "minutes" }, "Give a delay or a time."],
  [{ at: "2031-02-01T10:30", delay: "5", unit: "minutes" }, "Give a delay or a time, not both."],
  [{ at: "tomorrow", delay: "", unit: "minutes" }, "Give a date and a time"],
  [{ at: "2001-02-01T10:30", delay: "", unit: "minutes" }, "This time is in the past"],
  [{ at: "", delay: "9999", unit: "days" }, "This time must be at most 3,652 days (ten years) ahead"],
  [{ at: "", delay: "5", unit: '"><b>' }, "Give a number, such as 15, and its unit."],
])("says beside the field what is wrong with %j, and keeps what was typed", async (fields, problem) => {
  const { producer, post } = await setUpConsole();
  const { body } = await producer.enqueue(LATER);
  const page = await post(`/tasks/${body.id}/reschedule`, fields);
  expect(page.status).toBe(400);
  expect(page.main).toContain(problem);
  const typed = [fields.at, fields.delay].filter((value) => value !== "");
  expect(page.valuesOf("value")).toEqual(expect.arrayContaining(typed));
  expect((await producer.send(`/v1/tasks/${body.id}`)).body.scheduleTime).toBe("2031-01-31T08:00:00.000Z");
});

it.each(["cancel", "run", "reschedule"])("passes on the producer's refusal where a viewer sends %s", async (action) => {
  const { producer, post } = await setUpConsole({ person: ACCOUNTS.viewer });
  await producer.writeRecord(LETTER, { state: "waiting", caller: ACCOUNTS.caller });
  const page = await post(`/tasks/${LETTER}/${action}`, { delay: "5", unit: "minutes" });
  expect(page.status).toBe(403);
  expect(page.main).toContain(`${ACCOUNTS.viewer} has the role viewer, which may not`);
  expect((await producer.recordOf(LETTER))?.["state"]).toBe("waiting");
});

it.each(["cancel", "run", "reschedule"])("does nothing for a form without its token: %s", async (action) => {
  const { producer, post } = await setUpConsole();
  const { body } = await producer.enqueue(LATER);
  const page = await post(`/tasks/${body.id}/${action}`, { token: "made-up", delay: "5", unit: "minutes" });
  expect(page.status).toBe(403);
  expect(page.main).toContain("Nothing was done");
  expect((await producer.send(`/v1/tasks/${body.id}`)).body.scheduleTime).toBe("2031-01-31T08:00:00.000Z");
});
