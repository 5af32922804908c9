import { status } from "@grpc/grpc-js";
import { expect, it } from "vitest";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { type RawHarness, setupClient, setupRaw } from "../support/harness.ts";
import { idsOf, listenToQuery } from "../support/listening/heard.ts";
import { type ListenStream, openListenStream } from "../support/listening/listen-stream.ts";
import { startOurs } from "../support/our-emulator.ts";
import { commit } from "../support/transactions/raw-transaction.ts";

const write = (raw: RawHarness, id: string) => commit(raw, [{ path: `c/${id}`, fields: {} }]);

/** Listens to c. */
function listen(raw: RawHarness): ListenStream {
  const stream = openListenStream(raw);
  const structuredQuery = { from: [{ collectionId: "c" }] };
  stream.add({ targetId: 1, query: { parent: `${raw.database}/documents`, structuredQuery } });
  return stream;
}

async function setup() {
  const clock = new VirtualClock();
  const { address, emulator, stop } = await startOurs({ clock });
  const raw = setupRaw(address);
  return { address, clock, emulator, raw, stop };
}

/** A stream that has everything so far. */
async function setupCurrent() {
  const given = await setup();
  const stream = listen(given.raw);
  await stream.upTo(/^NO_CHANGE/);
  return { ...given, stream };
}

it("ends a stream with an error instead of its next reply, and lets it resume", async () => {
  const { emulator, raw, stream } = await setupCurrent();
  const fault = emulator.inject({ kind: "stream-error", method: "Listen", code: "RESOURCE_EXHAUSTED", times: 1 });
  await write(raw, "a");
  expect(await stream.ended).toBe(status.RESOURCE_EXHAUSTED);
  expect(fault.hits).toBe(1);

  const again = listen(raw);
  expect(await again.upTo(/^CURRENT/)).toEqual(["ADD 1", "1 has c/a", "CURRENT 1"]);
});

it("fails a stream before it takes effect, or after its first request was answered", async () => {
  const { emulator, raw } = await setup();
  const fault = { kind: "call", method: "Listen", code: "PERMISSION_DENIED", times: 1 } as const;
  emulator.inject({ ...fault, when: "before" });
  expect(await listen(raw).ended).toBe(status.PERMISSION_DENIED);

  emulator.inject({ ...fault, when: "after" });
  const late = listen(raw);
  expect(await late.upTo(/^NO_CHANGE/)).toEqual(["ADD 1", "CURRENT 1", "NO_CHANGE"]);
  expect(await late.ended).toBe(status.PERMISSION_DENIED);
  expect(await listen(raw).upTo(/^NO_CHANGE/)).toHaveLength(3);
});

it("resets the connection, after which Google's client misses nothing", async () => {
  const { address, emulator } = await startOurs();
  const { collection, connect, projectId } = setupClient(address);
  const heard = listenToQuery(connect({ projectId }).collection("things"));
  await heard.next();
  const fault = emulator.inject({ kind: "stream-reset", method: "Listen", times: 1 });
  await collection.doc("a").set({});
  expect(idsOf(await heard.next())).toBe("a");
  expect(fault.hits).toBe(1);
  expect(emulator.calls.get("Listen")).toBeGreaterThan(1);
});

it("resets the connection with all other calls on it", async () => {
  const { emulator, raw, stream } = await setupCurrent();
  const other = listen(raw);
  await other.upTo(/^NO_CHANGE/);
  emulator.inject({ kind: "stream-reset", method: "Listen", times: 1 });
  stream.remove(1);
  expect(await stream.ended).not.toBe(status.OK);
  expect(await other.ended).not.toBe(status.OK);
});

it("falls silent on one stream, but not on others, until the emulator stops", async () => {
  const { emulator, raw, stop, stream } = await setupCurrent();
  const fault = emulator.inject({ kind: "stream-silence", method: "Listen", times: 1 });
  await write(raw, "a");
  fault.remove();
  const other = listen(raw);
  await other.upTo(/^NO_CHANGE/);
  await write(raw, "b");
  await other.upTo(/has c\/b/);

  expect(stream.waiting).toBe(0);
  await stop();
  expect(await stream.ended).toBe(status.UNAVAILABLE);
  expect(stream.waiting).toBe(0);
});

it("holds back what it sends for a while, and then sends what has changed until then", async () => {
  const { clock, emulator, raw, stream } = await setupCurrent();
  emulator.inject({ kind: "stream-delay", method: "Listen", by: "5s", times: 1 });
  await write(raw, "a");
  const other = listen(raw);
  await other.upTo(/^NO_CHANGE/);
  for (const id of ["b", "c"]) await write(raw, id);
  await other.upTo(/has c\/c/);
  await clock.advance("4999ms");
  await write(raw, "d");
  await other.upTo(/has c\/d/);
  expect(stream.waiting).toBe(0);
  await clock.advance("1ms");
  expect(await stream.upTo(/has c\/d/)).toEqual(["1 has c/a", "NO_CHANGE", "1 has c/b", "1 has c/c", "1 has c/d"]);
});

it("accepts faults of streams over HTTP, and refuses them for other calls", async () => {
  const { address, emulator } = await setup();
  const post = async (fault: object): Promise<number> => {
    const body = JSON.stringify({ method: "Listen", ...fault });
    const headers = { "content-type": "application/json" };
    return (await fetch(`http://${address}/_emulator/faults`, { method: "POST", headers, body })).status;
  };
  const faults = [
    { kind: "stream-error", code: "UNAVAILABLE", times: 2 },
    { kind: "stream-reset", probability: 0.5 },
    { kind: "stream-silence" },
    { kind: "stream-delay", by: "3s" },
    { kind: "call", code: "ABORTED", when: "after" },
  ];
  for (const fault of faults) expect(await post(fault)).toBe(201);
  expect(emulator.faults().map(({ fault }) => fault.kind)).toEqual(faults.map(({ kind }) => kind));
  expect(emulator.faults()[3]?.fault).toMatchObject({ method: "Listen", by: 3_000 });

  expect(await post({ kind: "stream-silence", method: "Commit" })).toBe(400);
  expect(await post({ kind: "stream-delay" })).toBe(400);
  expect(await post({ kind: "stream-error" })).toBe(400);
  expect(() => emulator.inject({ kind: "stream-reset", method: "Commit" })).toThrow(/no method Commit.*Listen/);
});
