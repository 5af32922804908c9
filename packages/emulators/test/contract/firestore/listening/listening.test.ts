import { status } from "@grpc/grpc-js";
import { expect, it } from "vitest";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { type RawHarness, setupClient, setupRaw } from "../support/harness.ts";
import { changesOf, idsOf, listenToQuery } from "../support/listening/heard.ts";
import { openListenStream } from "../support/listening/listen-stream.ts";
import { temporaryFolder } from "../../../support/temporary-folder.ts";
import { startOurs } from "../support/our-emulator.ts";
import { commit } from "../support/transactions/raw-transaction.ts";

const collection = (raw: RawHarness) => ({
  query: { parent: `${raw.database}/documents`, structuredQuery: { from: [{ collectionId: "c" }] } },
});

it("counts a stream as one call", async () => {
  const { address, emulator } = await startOurs();
  const { collection: things } = setupClient(address);
  const heard = listenToQuery(things);
  await heard.next();
  await things.doc("a").set({});
  await heard.next();
  expect(emulator.calls.get("Listen")).toBe(1);
});

it("fails the streams with UNAVAILABLE when it stops", async () => {
  const { address, stop } = await startOurs();
  const raw = setupRaw(address);
  const streams = [openListenStream(raw), openListenStream(raw)];
  for (const stream of streams) stream.add({ targetId: 1, ...collection(raw) });
  for (const stream of streams) await stream.upTo(/^NO_CHANGE/);
  await stop();
  for (const stream of streams) expect(await stream.ended).toBe(status.UNAVAILABLE);
});

it("stops even if a caller that listens reads nothing", async () => {
  const { address, stop } = await startOurs();
  const raw = setupRaw(address);
  const stream = openListenStream(raw);
  stream.add({ targetId: 1, ...collection(raw) });
  await stream.upTo(/^NO_CHANGE/);
  stream.pause();
  for (let i = 0; i < 20; i++) await commit(raw, [{ path: `c/${i}`, fields: { v: "x".repeat(500_000) } }]);
  await stop();
  stream.resume();
  expect(await stream.ended).not.toBe(status.OK);
});

it("sends the last state instead of every commit to a caller that reads slowly", async () => {
  const { address } = await startOurs();
  const raw = setupRaw(address);
  const stream = openListenStream(raw);
  stream.add({ targetId: 1, ...collection(raw) });
  await stream.upTo(/^NO_CHANGE/);
  stream.pause();
  for (let i = 0; i < 100; i++) {
    await commit(raw, [{ path: "c/a", fields: { v: `${i} ${"x".repeat(100_000)}` } }]);
  }
  await commit(raw, [{ path: "c/last", fields: {} }]);
  stream.resume();
  const replies = await stream.upTo(/has c\/last/);
  expect(replies.filter((reply) => reply === "1 has c/a").length).toBeLessThan(50);
});

it("goes on after a restart with the stored documents", async () => {
  const dataDir = temporaryFolder();
  const first = await startOurs({ dataDir });
  const { collection: things, connect, projectId } = setupClient(first.address);
  const batch = things.firestore.batch();
  for (const id of ["a", "b"]) batch.set(things.doc(id), {});
  await batch.commit();
  const heard = listenToQuery(things);
  expect(idsOf(await heard.next())).toBe("ab");
  await first.stop();

  await startOurs({ dataDir, port: first.emulator.port });
  const again = connect({ projectId }).collection("things");
  await again.doc("c").set({});
  await again.doc("a").delete();
  const snapshots = await heard.upTo((snapshot) => snapshot.size === 2);
  expect(snapshots.map(idsOf).at(-1)).toBe("bc");
  heard.unsubscribe(); // before the emulator stops, since the client can't be terminated while it reconnects
});

it("reports that documents are gone after a restart without a data folder", async () => {
  const first = await startOurs();
  const { collection: things } = setupClient(first.address);
  await things.doc("a").set({});
  const heard = listenToQuery(things);
  await heard.next();
  await first.stop();
  await startOurs({ port: first.emulator.port });
  expect(changesOf(await heard.next())).toEqual(["removed a 0"]);
  heard.unsubscribe();
});

it("starts over when a caller resumes after more than an hour", async () => {
  const clock = new VirtualClock();
  const { address } = await startOurs({ clock });
  const raw = setupRaw(address);
  const first = openListenStream(raw);
  first.add({ targetId: 1, ...collection(raw) });
  await first.upTo(/^NO_CHANGE/);
  const { resumeToken } = first;
  first.cancel();
  const resume = async (): Promise<string[]> => {
    const stream = openListenStream(raw);
    stream.add({ targetId: 1, ...collection(raw), resumeToken });
    return stream.upTo(/^NO_CHANGE/);
  };
  await clock.advance(3_600_000);
  expect(await resume()).toEqual(["ADD 1", "CURRENT 1", "NO_CHANGE"]);
  await clock.advance(1);
  expect(await resume()).toEqual(["ADD 1", "RESET 1", "CURRENT 1", "NO_CHANGE"]);
});

it("starts over when a caller resumes after a clear", async () => {
  const { address, emulator } = await startOurs();
  const raw = setupRaw(address);
  await commit(raw, [{ path: "c/a", fields: {} }]);
  const first = openListenStream(raw);
  first.add({ targetId: 1, ...collection(raw) });
  await first.upTo(/^NO_CHANGE/);
  emulator.reset();
  const second = openListenStream(raw);
  second.add({ targetId: 1, ...collection(raw), resumeToken: first.resumeToken });
  expect(await second.upTo(/^NO_CHANGE/)).toEqual(["ADD 1", "RESET 1", "CURRENT 1", "NO_CHANGE"]);
});

it.each([
  ["a request without a target", {}],
  ["a database that is none", { database: "nowhere", removeTarget: 1 }],
  ["a negative target id", { addTarget: { targetId: -1, documents: { documents: [] } } }],
])("ends a stream with INVALID_ARGUMENT on %s", async (_case, request) => {
  const { address, emulator } = await startOurs();
  const stream = openListenStream(setupRaw(address));
  stream.send(request);
  expect(await stream.ended).toBe(status.INVALID_ARGUMENT);
  expect(emulator.calls.get("Listen")).toBe(1);
});

it("ends a stream with INVALID_ARGUMENT when it names another database", async () => {
  const { address } = await startOurs();
  const raw = setupRaw(address);
  const stream = openListenStream(raw);
  stream.add({ targetId: 1, ...collection(raw) });
  await stream.upTo(/^NO_CHANGE/);
  stream.send({ database: "projects/p/databases/other", removeTarget: 1 });
  expect(await stream.ended).toBe(status.INVALID_ARGUMENT);
});

it("listening does not hold up transactions", async () => {
  const { address } = await startOurs();
  const { collection: things, db } = setupClient(address);
  const heard = listenToQuery(things);
  await heard.next();
  let attempts = 0;
  await db.runTransaction(async (transaction) => {
    attempts += 1;
    await transaction.get(things);
    transaction.set(things.doc("a"), {});
  });
  expect(idsOf(await heard.next())).toBe("a");
  expect(attempts).toBe(1);
});
