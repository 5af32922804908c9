import { createHash } from "node:crypto";
import { status } from "@grpc/grpc-js";
import { Timestamp } from "@google-cloud/firestore";
import { expect, it } from "vitest";
import * as z from "zod";
import { createClient } from "handoff-client";
import { VirtualClock } from "handoff-emulators/clock";
import { ACCOUNTS, bearerOf, setUpCallers } from "../../../harness/auth/callers.ts";
import {
  type ProducerHarness,
  type ProducerHarnessOptions,
  setUpProducer,
} from "../../../harness/producer/producer-harness.ts";
import { SCHEDULES, SCHEDULE_REGISTRY } from "../../../harness/schedules/test-schedules.ts";

const HOUR_MS = 3_600_000;
const [EACH_MINUTE] = SCHEDULES;

const setUp = (options: ProducerHarnessOptions = {}) => setUpProducer({ registry: SCHEDULE_REGISTRY, ...options });

const tick = (producer: ProducerHarness) => producer.send("/v1/tick", { method: "POST" });
const act = (producer: ProducerHarness, path: string, init: RequestInit = {}) =>
  producer.send(`/v1/schedules/${path}`, { method: "POST", ...init });

/** As if each schedule had started an hour and a half ago, so that `hourly` has missed one time or two. */
async function startEarlier(producer: ProducerHarness, fields: object = {}): Promise<void> {
  const startedAt = Timestamp.fromMillis(Date.now() - 1.5 * HOUR_MS);
  for (const { name, cron, timeZone } of SCHEDULES) {
    await producer
      .schedules()
      .doc(name)
      .set({ cron, timeZone, startedAt, ...fields });
  }
}

function timeOf(value: unknown): Date {
  if (value instanceof Timestamp) return value.toDate();
  throw new Error("It is a time.");
}

const idOf = (name: string, minute: string): string =>
  `${createHash("sha256").update(`schedule\0${name}\0${minute}`).digest("hex").slice(0, 32)}-default`;
const namesIn = async (producer: ProducerHarness) =>
  (await producer.queuedTasks("default")).map(({ name }) => name?.split("/").at(-1));

it("a first tick starts every schedule, and a later one enqueues what is due, once, even if it is repeated", async () => {
  const producer = await setUp();
  expect((await tick(producer)).body).toMatchObject({ schedules: { started: 3, fired: 0, late: 0 } });
  expect(await producer.queuedTasks("default")).toEqual([]);
  await startEarlier(producer);

  // Whatever minute it is: what is due changes at its end, so a tick before it and one after it may both fire.
  const ticks = await Promise.all([tick(producer), tick(producer), tick(producer)]);
  expect(ticks.map(({ status: code }) => code)).toEqual([200, 200, 200]);
  const stored = (await producer.schedules().doc("each-minute").get()).data();
  const minute = `${timeOf(stored?.["lastFiredAt"]).toISOString().slice(0, 16)}Z`;
  const names = await namesIn(producer);

  expect(stored).toMatchObject({ lastTaskId: idOf("each-minute", minute) });
  expect(names).toContain(idOf("each-minute", minute));
  expect(new Set(names).size).toBe(names.length);
  const owners = (await producer.queuedTasks("default")).map(
    ({ httpRequest }) => httpRequest?.headers?.["Handoff-Caller"],
  );
  expect(owners.filter((owner) => owner === "schedule:hourly").length).toBeGreaterThan(0);
  expect(await producer.outboxEntries().get()).toMatchObject({ size: 0 });
});

it("schedules are listed with their next times, in the order of their definition", async () => {
  const producer = await setUp({ schedulesOff: ["nightly"] });
  const items = async (): Promise<readonly Record<string, unknown>[]> =>
    JSON.parse((await producer.send("/v1/schedules")).text).items;
  const [first, nightly, hourly] = await items();

  expect(first).toEqual({
    name: "each-minute",
    cron: "* * * * *",
    timeZone: "Europe/Berlin",
    type: "webhook.deliver",
    catchUp: false,
    state: "active",
    nextAt: expect.any(Array),
    payload: { url: "https://example.com/hook", event: "day.began", data: null },
    links: {},
  });
  const nextAt = z.array(z.string()).parse(first?.["nextAt"]);
  expect(nextAt.map((time, index) => Date.parse(time) - Date.parse(nextAt[0] ?? "") - index * 60_000)).toEqual([
    0, 0, 0, 0, 0,
  ]);
  expect(nightly).toMatchObject({ name: "nightly", state: "off", nextAt: [] });
  expect(hourly).toMatchObject({ name: "hourly", catchUp: true });
  await startEarlier(producer);
  await tick(producer);
  const [fired] = await items();
  expect(fired).toMatchObject({
    lastFiredAt: expect.any(String),
    links: { lastTask: expect.stringMatching(/^\/v1\/tasks\//) },
  });
  expect((await producer.send("/v1/schedules?limit=1")).status).toBe(400);
});

it("a schedule that is paused fires nothing, not even by a tick that has read it before, and resumes from now", async () => {
  const producer = await setUp({ schedulesOff: ["nightly", "hourly"] });
  const { name, cron, timeZone } = EACH_MINUTE;
  const startedAt = Timestamp.fromMillis(Date.now() - HOUR_MS);
  await producer.schedules().doc(name).set({ cron, timeZone, startedAt });
  const [arrived, paused] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const held = producer.recordsProxy.inject({
    rpc: "Commit",
    when: "before-effect",
    answer: "its-own",
    onArrival: async () => {
      arrived.resolve();
      await paused.promise;
    },
  });

  const ticking = tick(producer);
  await arrived.promise;
  const pausing = await act(producer, `${name}/pause`);
  paused.resolve();
  await held;

  expect(pausing).toMatchObject({ status: 200, body: { name, state: "paused", nextAt: [] } });
  expect((await ticking).body).toMatchObject({ schedules: { fired: 0, changed: 1, failed: 0, late: 0 } });
  expect(await producer.queuedTasks("default")).toEqual([]);
  expect((await act(producer, `${name}/pause`)).body).toMatchObject({ state: "paused" });
  expect((await act(producer, `${name}/resume`)).body).toMatchObject({ state: "active" });
  const resumedAt: unknown = (await producer.schedules().doc(name).get()).data()?.["startedAt"];
  expect((await act(producer, `${name}/resume`)).body).toMatchObject({ state: "active" });
  expect((await producer.schedules().doc(name).get()).data()).toMatchObject({ startedAt: resumedAt, paused: false });
  expect(timeOf(resumedAt).getTime()).toBeGreaterThan(startedAt.toMillis() + HOUR_MS - 1_000);
});

it("a schedule that no tick has seen can be paused", async () => {
  const producer = await setUp();
  expect((await act(producer, "nightly/resume")).body).toMatchObject({ state: "active" });
  expect((await act(producer, "nightly/pause")).body).toMatchObject({ state: "paused" });
  expect((await tick(producer)).body).toMatchObject({ schedules: { started: 2, fired: 0 } });
  expect((await producer.schedules().doc("nightly").get()).data()).toMatchObject({ paused: true, off: false });
});

it("running one by hand creates the operator's own task, once for each key, also while it is paused or off", async () => {
  const { access } = await setUpCallers();
  const producer = await setUp({ access, schedulesOff: ["nightly"] });
  const authorization = bearerOf(ACCOUNTS.operator);
  const run = (name: string, key?: string) =>
    act(producer, `${name}/run`, {
      headers: { authorization, ...(key === undefined ? {} : { "idempotency-key": key }) },
    });

  await act(producer, "hourly/pause", { headers: { authorization } });
  const responses = [await run("nightly", "k"), await run("nightly", "k"), await run("hourly"), await run("hourly")];
  expect(responses.map((response) => response.status)).toEqual([202, 200, 202, 202]);
  expect(new Set(responses.map(({ body }) => body.id)).size).toBe(3);
  const key = createHash("sha256").update(`key\0${ACCOUNTS.operator}\0webhook.deliver\0k`).digest("hex").slice(0, 32);
  expect(responses[0]?.body).toMatchObject({ id: `${key}-default`, state: "queued" });
  const tasks = await producer.queuedTasks("default");
  expect(tasks.map(({ httpRequest }) => httpRequest?.headers?.["Handoff-Caller"])).toEqual(
    Array(3).fill(ACCOUNTS.operator),
  );
  expect((await producer.schedules().doc("nightly").get()).exists).toBe(false);
  expect(await run("nightly", "a b")).toMatchObject({ status: 400, body: { problems: [{ path: "Idempotency-Key" }] } });
});

it("a viewer sees schedules without their payloads", async () => {
  const { access } = await setUpCallers();
  const producer = await setUp({ access });
  const seenBy = async (account: string): Promise<string> =>
    (await producer.send("/v1/schedules", { headers: { authorization: bearerOf(account) } })).text;
  expect(await seenBy(ACCOUNTS.viewer)).not.toContain("payload");
  expect(await seenBy(ACCOUNTS.operator)).toContain("day.began");
});

it("an unknown schedule gets 404 with the known ones, and one that can't be changed gets 503", async () => {
  const clock = new VirtualClock({ startMs: Date.now() });
  const producer = await setUp({ clock });
  for (const action of ["pause", "resume", "run"]) {
    expect(await act(producer, `weekly/${action}`)).toMatchObject({
      status: 404,
      body: { code: "schedule-not-found", detail: expect.stringContaining("each-minute, nightly, hourly") },
    });
  }
  const hit = producer.recordsProxy.inject({ rpc: "RunQuery", when: "before-effect", answer: "nothing" });
  const pausing = act(producer, "nightly/pause");
  await hit;
  await clock.advance(3_000);
  expect(await pausing).toMatchObject({ status: 503, body: { code: "dependency-unavailable" } });
});

it("a tick does one of its two parts even if the other fails, and gets 503", async () => {
  const clock = new VirtualClock({ startMs: Date.now() });
  const producer = await setUp({ clock });
  const hit = producer.recordsProxy.inject({ rpc: "RunQuery", when: "before-effect", answer: "nothing" });
  const told = () =>
    producer.logged
      .map((line) => JSON.parse(line).message)
      .filter((message) => message === "tick" || message === "schedules");
  const ticking = tick(producer);
  await hit;
  await expect.poll(told).toHaveLength(1);
  await clock.advance(20_000);
  expect(await ticking).toMatchObject({ status: 503, body: { code: "dependency-unavailable" } });
  expect(told()).toHaveLength(1);
});

it("a failed schedule is logged, counts as late, and fires with the next tick", async () => {
  const producer = await setUp({ schedulesOff: ["nightly", "hourly"] });
  const { name, cron, timeZone } = EACH_MINUTE;
  await producer
    .schedules()
    .doc(name)
    .set({ cron, timeZone, startedAt: Timestamp.fromMillis(Date.now() - HOUR_MS) });
  const fault = producer.recordsProxy.inject({
    rpc: "Commit",
    when: "before-effect",
    answer: { status: status.PERMISSION_DENIED },
  });
  const failing = tick(producer);
  await fault;
  expect((await failing).body).toMatchObject({ schedules: { fired: 0, failed: 1, late: 1 } });
  const lines = producer.logged.map((line) => JSON.parse(line));
  expect(lines).toContainEqual(expect.objectContaining({ message: "a schedule could not be changed", schedule: name }));
  expect(lines).toContainEqual(expect.objectContaining({ message: "schedules", late: 1, failed: 1 }));

  expect((await tick(producer)).body).toMatchObject({ schedules: { fired: 1, failed: 0, late: 0 } });
});

it("the client lists, pauses, resumes and runs schedules", async () => {
  const producer = await setUp();
  const { schedules } = createClient({ url: producer.url });
  expect((await schedules.list()).map(({ name }) => name)).toEqual(["each-minute", "nightly", "hourly"]);
  expect(await schedules.pause("nightly")).toMatchObject({ state: "paused" });
  expect(await schedules.resume("nightly")).toMatchObject({ state: "active" });
  const first = await schedules.run("nightly", { idempotencyKey: "k" });
  expect((await schedules.run("nightly", { idempotencyKey: "k" })).id).toBe(first.id);
  await expect(schedules.pause("weekly")).rejects.toMatchObject({ status: 404, code: "schedule-not-found" });
});
