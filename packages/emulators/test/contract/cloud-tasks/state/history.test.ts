import { expect, test } from "vitest";
import { formatTimeline } from "../../../../src/cloud-tasks/testing/timeline.ts";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { addTaskMatchers } from "../../../../src/vitest.ts";
import { createQueue, createTask, startHarness } from "../support/harness.ts";

addTaskMatchers(expect);

const START_MS = Date.UTC(2026, 0, 1);
const RETRY = { retryConfig: { minBackoff: { seconds: 10 }, maxBackoff: { seconds: 10 }, maxAttempts: 3 } };

async function setup(options: { historyAttempts?: number } = {}) {
  const clock = new VirtualClock({ startMs: START_MS });
  const harness = await startHarness({ clock, ...options });
  return { ...harness, clock, queue: await createQueue(harness, "q", RETRY) };
}

test("has each attempt with its request, its response, its times and what happened next", async () => {
  const harness = await setup();
  harness.receiver.respondWith((_delivery, index) =>
    index === 0 ? { status: 503, headers: { "Retry-After": "4", "X-Reason": "busy" } } : 204,
  );
  const url = `${harness.receiver.url}/work?n=1`;
  const task = await createTask(harness, harness.queue, {
    id: "one",
    httpRequest: { url, httpMethod: "PUT", headers: { "X-Mine": "yes" }, body: Buffer.from("hello") },
  });
  await harness.clock.advance("10s");

  const [first, second] = harness.emulator.history({ task });
  expect(first).toMatchObject({
    task,
    queue: harness.queue,
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

test("shows the readable parts of a token, and never the token itself", async () => {
  const harness = await setup();
  const url = `${harness.receiver.url}/work`;
  const oidcToken = { serviceAccountEmail: "invoker@example.iam.gserviceaccount.com", audience: "the-worker" };
  const task = await createTask(harness, harness.queue, { httpRequest: { url, oidcToken } });
  await harness.emulator.waitForIdle({ until: "empty" });
  const [attempt] = harness.emulator.history({ task });
  expect(attempt?.token).toMatchObject({
    header: { alg: "RS256", typ: "JWT" },
    claims: { aud: "the-worker", email: oidcToken.serviceAccountEmail, email_verified: true },
  });
  const sent = harness.receiver.received[0]?.headers.get("Authorization") ?? "";
  expect(sent).toMatch(/^Bearer ey/);
  expect(JSON.stringify(attempt)).not.toContain(sent.split(".")[2]);
});

test("includes an attempt in progress, without an end", async () => {
  const harness = await setup();
  const gate = Promise.withResolvers<number>();
  harness.receiver.respondWith(() => gate.promise);
  const task = await createTask(harness, harness.queue);
  await harness.receiver.arrived(1);
  const [before] = harness.emulator.history({ task });
  expect(before?.request?.url).toBe(`${harness.receiver.url}/work`);
  expect(before?.endedMs).toBeUndefined();
  gate.resolve(200);
  await harness.emulator.waitForIdle();
  expect(before?.endedMs).toBeUndefined();
  expect(harness.emulator.history({ task })[0]?.endedMs).toBe(START_MS);
});

test("can be limited to a task, a queue or a project", async () => {
  const harness = await setup();
  const other = await createQueue(harness, "other");
  const [one] = [await createTask(harness, harness.queue), await createTask(harness, harness.queue)];
  const elsewhere = await createTask(harness, other);
  await harness.emulator.waitForIdle({ until: "empty" });
  const { emulator } = harness;
  expect(emulator.history({ task: one }).map(({ task }) => task)).toEqual([one]);
  expect(emulator.history({ queue: other }).map(({ task }) => task)).toEqual([elsewhere]);
  expect(emulator.history({ project: "my-project" })).toHaveLength(3);
  expect(emulator.history({ project: "my" })).toHaveLength(0);
  expect(emulator.history()).toHaveLength(3);
});

test("keeps only the latest attempts", async () => {
  const harness = await setup({ historyAttempts: 2 });
  for (const id of ["a", "b", "c"]) {
    await createTask(harness, harness.queue, { id });
    await harness.emulator.waitForIdle({ until: "empty" });
  }
  expect(harness.emulator.history().map(({ task }) => task.at(-1))).toEqual(["b", "c"]);
});

test("keeps only the latest attempts, however many there have been", async () => {
  const harness = await setup({ historyAttempts: 3 });
  for (let n = 0; n < 20; n++) {
    await createTask(harness, harness.queue, { id: `task-${n}` });
    await harness.emulator.waitForIdle({ until: "empty" });
  }
  expect(harness.emulator.history().map(({ task }) => task.split("-").at(-1))).toEqual(["17", "18", "19"]);
});

test("keeps no more than 64 MiB of bodies", async () => {
  const harness = await setup();
  const body = Buffer.alloc(1_000_000);
  const url = `${harness.receiver.url}/work`;
  for (let n = 0; n < 70; n++) await createTask(harness, harness.queue, { httpRequest: { url, body } });
  await harness.emulator.waitForIdle({ until: "empty" });
  // 67 bodies of 10^6 bytes fit into 64 MiB, 67,108,864 bytes.
  expect(harness.emulator.history()).toHaveLength(67);
});

test("keeps 16 KiB of a response's body", async () => {
  const harness = await setup();
  harness.receiver.respondWith(() => ({ status: 200, headers: {}, body: "x".repeat(20_000) }));
  await createTask(harness, harness.queue);
  await harness.emulator.waitForIdle({ until: "empty" });
  const [attempt] = harness.emulator.history();
  expect(attempt?.outcome?.kind === "answered" && attempt.outcome.body.length).toBe(16_384);
});

test("the timeline has a line for each attempt", async () => {
  const harness = await setup();
  harness.receiver.respondWith((_delivery, index) => [500, "reset" as const, 404][index] ?? 200);
  harness.emulator.inject({ kind: "answer-lost", dispatch: 3 });
  const task = await createTask(harness, harness.queue);
  await harness.clock.advance("1m");
  expect(formatTimeline(harness.emulator.history({ task })).split("\n")).toEqual([
    task,
    "    1  +0 s           500 after 0 s, again in 10 s",
    expect.stringMatching(/^ {4}2 {2}\+10 s {10}no response \(.+\) after 0 s, again in 10 s$/),
    "    3  +20 s          no response (Injected fault: the response was lost.) after 0 s, given up [response lost]",
  ]);
  expect(formatTimeline([])).toBe("There were no attempts.");
});

test("a failed assertion says what happened instead", async () => {
  const harness = await setup();
  harness.receiver.respondWith(() => 500);
  const task = await createTask(harness, harness.queue);
  await harness.clock.advance("10s");
  const { emulator } = harness;
  expect(() => expect(emulator).toHaveSucceeded(task)).toThrow(
    `Expected ${task} to have succeeded.\n${task}\n    1  +0 s `,
  );
  expect(() => expect(emulator).toHaveRetried(task, { times: 1 })).toThrow("to have been retried 1 times.");
  expect(() => expect(emulator).toHaveRetried(task, { afterMs: [10_000, 20_000] })).toThrow("after 10000, 20000 ms");
  expect(() => expect(emulator).not.toHaveRetried(task)).toThrow("not to have been retried");
  expect(emulator).toHaveRetried(task, { times: 2, afterMs: [10_000, 10_000] });
  expect(emulator).not.toHaveSucceeded(task);
  expect(emulator).not.toHaveRetried(`${harness.queue}/tasks/unknown`);
});

test("a task that failed each time was delivered all the same", async () => {
  const harness = await setup();
  harness.receiver.respondWith(() => 500);
  const task = await createTask(harness, harness.queue);
  await harness.clock.advance("10s");
  const { emulator } = harness;
  expect(emulator).toHaveBeenDelivered(task);
  expect(emulator).toHaveBeenDelivered(task, { attempts: 2 });
  expect(() => expect(emulator).toHaveBeenDelivered(task, { attempts: 3 })).toThrow(
    `Expected ${task} to have been delivered in 3 attempts.\n`,
  );
  expect(() => expect(emulator).not.toHaveBeenDelivered(task)).toThrow(
    `Expected ${task} not to have been delivered.\n`,
  );
});

test("a task that no worker has responded to was not delivered", async () => {
  const harness = await setup();
  harness.receiver.respondWith(() => "reset");
  const task = await createTask(harness, harness.queue);
  await harness.clock.advance("10s");
  expect(harness.emulator).not.toHaveBeenDelivered(task);
  expect(harness.emulator).not.toHaveSucceeded(task);
});

test("a task that succeeded with attempt 2 did not succeed with another", async () => {
  const harness = await setup();
  harness.receiver.respondWith((_delivery, index) => (index === 0 ? 500 : 200));
  const task = await createTask(harness, harness.queue);
  await harness.clock.advance("10s");
  expect(harness.emulator).toHaveSucceeded(task, { attempts: 2 });
  expect(harness.emulator).not.toHaveSucceeded(task, { attempts: 1 });
});
