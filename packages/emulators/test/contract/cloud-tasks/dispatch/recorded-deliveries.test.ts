import { expect, it, test } from "vitest";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import dispatch from "../../../recordings/cloud-tasks/dispatch.json" with { type: "json" };
import happyPath from "../../../recordings/cloud-tasks/happypath.json" with { type: "json" };
import { PARENT, createQueue, createTask, startHarness } from "../support/harness.ts";

const OUT_OF_SCOPE = [
  "dispatch/appengine",
  "dispatch/appengine-timeout",
  "happypath/appengine",
  "happypath/appengine-no-content-type",
];

const dispatches = dispatch.cases.filter(({ name }) => !OUT_OF_SCOPE.includes(name));
const happyPaths = happyPath.cases.filter(({ name }) => !OUT_OF_SCOPE.includes(name));

/** The headers that the recordings have. */
const RECORDED_HEADER = /^(?:user-agent|x-cloudtasks-.*)$/i;

it.each(dispatches)("delivers $name with the recorded headers", async ({ attempts }) => {
  const clock = new VirtualClock();
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness, "default", { retryConfig: { minBackoff: { seconds: 1 } } });
  const responses = attempts.map(({ receiverAnswered }) => receiverAnswered);
  harness.receiver.respondWith((_delivery, index) => responses[index] || "stall");

  await createTask(harness, queue, { id: "some-task", dispatchDeadline: { seconds: 15 } });
  for (const [index, { headers }] of attempts.entries()) {
    await harness.receiver.arrived(index + 1);
    const arrived = [...(harness.receiver.received[index]?.headers ?? [])];
    const recorded = Object.fromEntries(arrived.filter(([name]) => RECORDED_HEADER.test(name)));
    const eta = recorded["X-CloudTasks-TaskETA"] ?? "";
    expect(eta).toMatch(/^\d{10}$/);
    expect(recorded).toEqual(fillPlaceholders(headers, eta));

    if (responses[index] === 0) await clock.advance(15_000);
    await harness.attemptsEnded(index + 1);
    await clock.advance(harness.attempts[index]?.nextInMs ?? 0);
  }
  expect(harness.receiver.received).toHaveLength(attempts.length);
  expect(harness.attempts.at(-1)?.message).toBe("delivered");
});

it.each(happyPaths)("stores $name as recorded", async ({ sent, createFull, getBasic, getFull }) => {
  const { client, ...harness } = await startHarness();
  const queue = await createQueue({ client });
  await client.pauseQueue({ name: queue });
  const headers = Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== undefined));

  const [created] = await client.createTask({
    parent: queue,
    responseView: "FULL",
    task: { httpRequest: { url: harness.receiver.url, headers, body: Buffer.from('{"hello":"world"}') } },
  });
  const name = created.name ?? "";
  expect(created.httpRequest).toMatchObject({ headers: createFull.headers, body: bytes(createFull.body) });

  const [basic] = await client.getTask({ name });
  expect(basic.view).toBe("BASIC");
  expect(basic.httpRequest?.headers).toEqual(getBasic.headers);
  expect(basic.httpRequest?.body).toHaveLength(0);

  const [full] = await client.getTask({ name, responseView: "FULL" });
  expect(full.view).toBe("FULL");
  expect(full.httpRequest).toMatchObject({ headers: getFull.headers, body: bytes(getFull.body) });
});

test(`leaves out only App Engine's cases: ${OUT_OF_SCOPE.join(", ")}`, () => {
  expect(dispatches.map(({ name }) => name)).toEqual(["dispatch/http", "dispatch/http-timeout"]);
  expect(happyPaths.map(({ name }) => name)).toEqual(["happypath/http", "happypath/http-no-content-type"]);
  const appEngine = [...dispatch.cases, ...happyPath.cases].filter(({ name }) => name.includes("appengine"));
  expect(appEngine.map(({ name }) => name)).toEqual(OUT_OF_SCOPE);
});

test("gives a queue the recorded defaults", async () => {
  const { client } = await startHarness();
  const name = `${PARENT}/queues/default`;
  const [queue] = await client.createQueue({ parent: PARENT, queue: { name } });
  expect(queue).toMatchObject({
    name,
    state: "RUNNING",
    rateLimits: { maxDispatchesPerSecond: 500, maxBurstSize: 100, maxConcurrentDispatches: 1000 },
    retryConfig: {
      maxAttempts: 100,
      maxRetryDuration: null,
      minBackoff: { seconds: "0", nanos: 100_000_000 },
      maxBackoff: { seconds: "3600", nanos: 0 },
      maxDoublings: 16,
    },
    purgeTime: null,
  });
});

function fillPlaceholders(headers: Readonly<Record<string, string | undefined>>, eta: string) {
  const filled = new Map([
    ["{queue}", "default"],
    ["{task}", "some-task"],
    ["{eta}", eta],
  ]);
  const set = Object.entries(headers).filter(([, value]) => value !== undefined);
  return Object.fromEntries(set.map(([name, value]) => [name, filled.get(value ?? "") ?? value]));
}

const bytes = (base64: string): Buffer => Buffer.from(base64, "base64");
