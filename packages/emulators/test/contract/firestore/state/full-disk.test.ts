import { status } from "@grpc/grpc-js";
import { expect, it } from "vitest";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { WRITE_FAILURES, fillDisk } from "../../../support/full-disk.ts";
import { temporaryFolder } from "../../../support/temporary-folder.ts";
import { type RawHarness, setupClient, setupRaw } from "../support/harness.ts";
import { startOurs } from "../support/our-emulator.ts";
import { isPending } from "../support/transactions/pending.ts";
import { begin, commit, readTexts } from "../support/transactions/raw-transaction.ts";

async function setup() {
  const dataDir = temporaryFolder();
  const clock = new VirtualClock();
  const { address, stop, emulator } = await startOurs({ dataDir, clock });
  const raw = setupRaw(address);
  await commit(raw, [{ path: "c/a", fields: { by: "nobody" } }]);
  return { raw, address, stop, emulator, dataDir };
}

const by = (who: string) => ({ path: "c/a", fields: { by: who } });

/** Google's client would try again for a minute. */
async function commitOnce(
  { client, database, name }: RawHarness,
  who: string,
  transaction?: Uint8Array,
): Promise<unknown> {
  const writes = [{ update: { name: name("c/a"), fields: { by: { stringValue: who } } } }];
  return client.commit({ database, writes, ...(transaction ? { transaction } : {}) }, { retry: null });
}

it.each(WRITE_FAILURES)("refuses a commit that can't be stored ($code), and has no trace of it", async (failure) => {
  const { raw, stop, dataDir } = await setup();
  const disk = fillDisk(failure);
  await expect(commitOnce(raw, "refused")).rejects.toMatchObject({
    code: status[failure.status],
    details: expect.stringContaining(`${failure.says}. Nothing was changed.`),
  });
  expect(await readTexts(raw, ["c/a"])).toEqual([{ by: "nobody" }]);
  disk.free();
  await commit(raw, [{ path: "c/b", fields: { by: "later" } }]);
  await stop();
  const again = setupRaw((await startOurs({ dataDir })).address, raw.database.split("/")[1]);
  expect(await readTexts(again, ["c/a", "c/b"])).toEqual([{ by: "nobody" }, { by: "later" }]);
});

it("tells listeners nothing of a commit that couldn't be stored", async () => {
  const { raw, address } = await setup();
  const { connect } = setupClient(address);
  const heard: unknown[] = [];
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  const db = connect({ projectId: raw.database.split("/")[1] ?? "" });
  const stopListening = db.doc("c/a").onSnapshot((document) => {
    heard.push(document.get("by"));
    (heard.length === 1 ? first : second).resolve();
  });
  await first.promise;
  const disk = fillDisk();
  await expect(commitOnce(raw, "refused")).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED });
  disk.free();
  await commit(raw, [by("accepted")]);
  await second.promise;
  stopListening();
  expect(heard).toEqual(["nobody", "accepted"]);
});

it("releases the locks of a transaction whose commit couldn't be stored", async () => {
  const { raw } = await setup();
  const older = await begin(raw);
  await older.read("c/a");
  const disk = fillDisk();
  await expect(commitOnce(raw, "older", older.id)).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED });
  disk.free();
  await commit(raw, [by("younger")]);
  expect(await readTexts(raw, ["c/a"])).toEqual([{ by: "younger" }]);
});

it("lets readers go on that have waited for a commit that then couldn't be stored", async () => {
  const { raw } = await setup();
  const reader = await begin(raw);
  await reader.read("c/a");
  const waiting = commitOnce(raw, "waits for the reader");
  expect(await isPending(waiting, raw)).toBe(true);
  const younger = await begin(raw);
  const reading = younger.read("c/a");
  expect(await isPending(reading, raw)).toBe(true);
  const disk = fillDisk();
  const [failed] = await Promise.allSettled([waiting, reader.rollback()]);
  expect(failed).toMatchObject({ status: "rejected", reason: { code: status.RESOURCE_EXHAUSTED } });
  disk.free();
  expect(await reading).toEqual([{ by: "nobody" }]);
});

it("reports each write of a batch that couldn't be stored", async () => {
  const { raw } = await setup();
  fillDisk();
  const writes = ["c/b", "c/c"].map((path) => ({ update: { name: raw.name(path), fields: {} } }));
  const [{ status: statuses }] = await raw.client.batchWrite({ database: raw.database, writes });
  expect(statuses?.map(({ code }) => code)).toEqual([status.RESOURCE_EXHAUSTED, status.RESOURCE_EXHAUSTED]);
  expect(await readTexts(raw, ["c/b", "c/c"])).toEqual([null, null]);
});

it("keeps all documents when their removal can't be stored", async () => {
  const { raw, address, emulator } = await setup();
  fillDisk();
  expect(() => emulator.reset()).toThrow("no space left on device");
  const url = `http://${address}/emulator/v1/${raw.database}/documents`;
  const response = await fetch(url, { method: "DELETE" });
  expect(response.status).toBe(429);
  expect(await response.json()).toMatchObject({ error: { status: "RESOURCE_EXHAUSTED" } });
  expect(await readTexts(raw, ["c/a"])).toEqual([{ by: "nobody" }]);
});
