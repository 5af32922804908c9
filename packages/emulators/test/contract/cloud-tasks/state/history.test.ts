import { expect, test } from "vitest";
import { formatTimeline } from "../../../../src/cloud-tasks/testing/timeline.ts";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { addTaskMatchers } from "../../../../src/vitest.ts";
import { createQueue, createTask, startBundle } from "../support/harness.ts";

addTaskMatchers(expect);

const START_MS = Date.UTC(2026, 0, 1);
const RETRY = { retryConfig: { minBackoff: { seconds: 10 }, maxBackoff: { seconds: 10 }, maxAttempts: 3 } };

async function setup(options: { historyAttempts?: number } = {}) {
  const clock = new VirtualClock({ startMs: START_MS });
  const bundle = await startBundle({ clock, ...options });
  return { ...bundle, clock, queue: await createQueue(bundle, "q", RETRY) };
}

test("tells of each attempt its request, its answer, its times and what followed", async () => {
  const bundle = await setup();
  bundle.receiver.answerWith((_delivery, index) =>
    index === 0 ? { status: 503, headers: { "Retry-After": "4", "X-Reason": "busy" } } : 204,
  );
  const url = `${bundle.receiver.url}/work?n=1`;
  const task = await createTask(bundle, bundle.queue, {
    id: "one",
    httpRequest: { url, httpMethod: "PUT", headers: { "X-Mine": "yes" }, body: Buffer.from("hello") },
  });
  await bundle.clock.advance("10s");

  const [first, second] = bundle.emulator.history({ task });
  expect(first).toMatchObject({
    task,
    queue: bundle.queue,
    dispatch: 1,
    scheduledMs: START_MS,
    dispatchedMs: START_MS,
    endedMs: START_MS,
    request: { method: "PUT", url },
    outcome: { kind: "answered", status: 503, retryAfterMs: 4000 },
    fate: { kind: "retry", dueMs: START_MS + 10_000 },
  });
  expect(Buffer.from(first?.request?.body ?? []).toString()).toBe("hello");
  expect(new Map(first?.request?.headers).get("X-Mine")).toBe("yes");
  expect(first?.outcome?.kind === "answered" && new Map(first.outcome.headers).get("X-Reason")).toBe("busy");
  expect(second).toMatchObject({ dispatch: 2, dispatchedMs: START_MS + 10_000, fate: { kind: "done" } });
});

test("tells a token by its readable parts, and nowhere the token itself", async () => {
  const bundle = await setup();
  const url = `${bundle.receiver.url}/work`;
  const oidcToken = { serviceAccountEmail: "invoker@example.iam.gserviceaccount.com", audience: "the-worker" };
  const task = await createTask(bundle, bundle.queue, { httpRequest: { url, oidcToken } });
  await bundle.emulator.waitForIdle({ until: "empty" });
  const [attempt] = bundle.emulator.history({ task });
  expect(attempt?.token).toMatchObject({
    header: { alg: "RS256", typ: "JWT" },
    claims: { aud: "the-worker", email: oidcToken.serviceAccountEmail, email_verified: true },
  });
  const sent = bundle.receiver.received[0]?.headers.get("Authorization") ?? "";
  expect(sent).toMatch(/^Bearer ey/);
  expect(JSON.stringify(attempt)).not.toContain(sent.split(".")[2]);
});

test("an attempt under way is there, without an end", async () => {
  const bundle = await setup();
  const gate = Promise.withResolvers<number>();
  bundle.receiver.answerWith(() => gate.promise);
  const task = await createTask(bundle, bundle.queue);
  await bundle.receiver.arrived(1);
  const [before] = bundle.emulator.history({ task });
  expect(before?.request?.url).toBe(`${bundle.receiver.url}/work`);
  expect(before?.endedMs).toBeUndefined();
  gate.resolve(200);
  await bundle.emulator.waitForIdle();
  expect(before?.endedMs).toBeUndefined();
  expect(bundle.emulator.history({ task })[0]?.endedMs).toBe(START_MS);
});

test("is narrowed to a task, a queue or a project", async () => {
  const bundle = await setup();
  const other = await createQueue(bundle, "other");
  const [one] = [await createTask(bundle, bundle.queue), await createTask(bundle, bundle.queue)];
  const elsewhere = await createTask(bundle, other);
  await bundle.emulator.waitForIdle({ until: "empty" });
  const { emulator } = bundle;
  expect(emulator.history({ task: one }).map(({ task }) => task)).toEqual([one]);
  expect(emulator.history({ queue: other }).map(({ task }) => task)).toEqual([elsewhere]);
  expect(emulator.history({ project: "my-project" })).toHaveLength(3);
  expect(emulator.history({ project: "my" })).toHaveLength(0);
  expect(emulator.history()).toHaveLength(3);
});

test("keeps the latest attempts only", async () => {
  const bundle = await setup({ historyAttempts: 2 });
  for (const id of ["a", "b", "c"]) {
    await createTask(bundle, bundle.queue, { id });
    await bundle.emulator.waitForIdle({ until: "empty" });
  }
  expect(bundle.emulator.history().map(({ task }) => task.at(-1))).toEqual(["b", "c"]);
});

test("keeps the latest attempts only, however many there have been", async () => {
  const bundle = await setup({ historyAttempts: 3 });
  for (let n = 0; n < 20; n++) {
    await createTask(bundle, bundle.queue, { id: `task-${n}` });
    await bundle.emulator.waitForIdle({ until: "empty" });
  }
  expect(bundle.emulator.history().map(({ task }) => task.split("-").at(-1))).toEqual(["17", "18", "19"]);
});

test("keeps no more than 64 MiB of bodies", async () => {
  const bundle = await setup();
  const body = Buffer.alloc(1_000_000);
  const url = `${bundle.receiver.url}/work`;
  for (let n = 0; n < 70; n++) await createTask(bundle, bundle.queue, { httpRequest: { url, body } });
  await bundle.emulator.waitForIdle({ until: "empty" });
  // 67 bodies of 10^6 bytes fit into 64 MiB, 67,108,864 bytes.
  expect(bundle.emulator.history()).toHaveLength(67);
});

test("keeps 16 KiB of an answer's body", async () => {
  const bundle = await setup();
  bundle.receiver.answerWith(() => ({ status: 200, headers: {}, body: "x".repeat(20_000) }));
  await createTask(bundle, bundle.queue);
  await bundle.emulator.waitForIdle({ until: "empty" });
  const [attempt] = bundle.emulator.history();
  expect(attempt?.outcome?.kind === "answered" && attempt.outcome.body.length).toBe(16_384);
});

test("the timeline has a line for each attempt", async () => {
  const bundle = await setup();
  bundle.receiver.answerWith((_delivery, index) => [500, "reset" as const, 404][index] ?? 200);
  bundle.emulator.inject({ kind: "answer-lost", dispatch: 3 });
  const task = await createTask(bundle, bundle.queue);
  await bundle.clock.advance("1m");
  expect(formatTimeline(bundle.emulator.history({ task })).split("\n")).toEqual([
    task,
    "    1  +0 s           500 after 0 s, again in 10 s",
    expect.stringMatching(/^ {4}2 {2}\+10 s {10}no answer \(.+\) after 0 s, again in 10 s$/),
    "    3  +20 s          no answer (An injected fault: the answer was lost.) after 0 s, given up [its answer lost]",
  ]);
  expect(formatTimeline([])).toBe("There was no attempt.");
});

test("an assertion that fails says what happened instead", async () => {
  const bundle = await setup();
  bundle.receiver.answerWith(() => 500);
  const task = await createTask(bundle, bundle.queue);
  await bundle.clock.advance("10s");
  const { emulator } = bundle;
  expect(() => expect(emulator).toHaveBeenDelivered(task)).toThrow(
    `Expected ${task} to have been delivered.\n${task}\n    1  +0 s `,
  );
  expect(() => expect(emulator).toHaveRetried(task, { times: 1 })).toThrow("to have been retried 1 times.");
  expect(() => expect(emulator).toHaveRetried(task, { afterMs: [10_000, 20_000] })).toThrow("after 10000, 20000 ms");
  expect(() => expect(emulator).not.toHaveRetried(task)).toThrow("not to have been retried");
  expect(emulator).toHaveRetried(task, { times: 2, afterMs: [10_000, 10_000] });
  expect(emulator).not.toHaveBeenDelivered(task);
  expect(emulator).not.toHaveRetried(`${bundle.queue}/tasks/unknown`);
});

test("delivered at a certain attempt means at that one", async () => {
  const bundle = await setup();
  bundle.receiver.answerWith((_delivery, index) => (index === 0 ? 500 : 200));
  const task = await createTask(bundle, bundle.queue);
  await bundle.clock.advance("10s");
  expect(bundle.emulator).toHaveBeenDelivered(task, { attempts: 2 });
  expect(bundle.emulator).not.toHaveBeenDelivered(task, { attempts: 1 });
});
