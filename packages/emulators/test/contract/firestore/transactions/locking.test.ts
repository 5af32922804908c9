import { expect, it } from "vitest";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { setupRaw } from "../support/harness.ts";
import { startOurs } from "../support/our-emulator.ts";
import { isPending } from "../support/transactions/pending.ts";
import { begin, commit, readTexts } from "../support/transactions/raw-transaction.ts";

async function setup() {
  const clock = new VirtualClock();
  const { address } = await startOurs({ clock });
  const raw = setupRaw(address);
  await commit(raw, [{ path: "c/a", fields: { by: "nobody" } }]);
  return { clock, raw };
}

const by = (who: string) => ({ path: "c/a", fields: { by: who } });

it("aborts the younger of two readers of a document when the older commits", async () => {
  const { raw } = await setup();
  const older = await begin(raw);
  const younger = await begin(raw);
  await younger.read("c/a");
  await older.read("c/a");

  await older.commit(by("older"));
  await expect(younger.commit(by("younger"))).rejects.toMatchObject({ code: 10 });
  expect(await readTexts(raw, ["c/a"])).toEqual([{ by: "older" }]);
});

it("makes a younger commit wait until the older reader has ended, then applies it", async () => {
  const { raw } = await setup();
  const older = await begin(raw);
  const younger = await begin(raw);
  await older.read("c/a");
  await younger.read("c/a");

  const committing = younger.commit(by("younger"));
  expect(await isPending(committing, raw)).toBe(true);
  expect(await readTexts(raw, ["c/a"])).toEqual([{ by: "nobody" }]);

  await older.rollback();
  await expect(committing).resolves.toBeUndefined();
  expect(await readTexts(raw, ["c/a"])).toEqual([{ by: "younger" }]);
});

it("aborts a waiting younger commit without applying it when the older commits", async () => {
  const { raw } = await setup();
  const older = await begin(raw);
  const younger = await begin(raw);
  await older.read("c/a");
  await younger.read("c/a");

  const committing = younger.commit(by("younger"), { path: "c/b", fields: {} });
  expect(await isPending(committing, raw)).toBe(true);
  await older.commit(by("older"));
  await expect(committing).rejects.toMatchObject({ code: 10 });
  expect(await readTexts(raw, ["c/a", "c/b"])).toEqual([{ by: "older" }, null]);
});

it("makes a write outside transactions wait for a reader, and later readers wait for the write", async () => {
  const { raw } = await setup();
  const holder = await begin(raw);
  await holder.read("c/a");
  const writing = commit(raw, [by("outside")]);
  expect(await isPending(writing, raw)).toBe(true);

  const later = await begin(raw);
  const reading = later.read("c/a");
  expect(await isPending(reading, raw)).toBe(true);

  await holder.commit({ path: "c/b", fields: { by: "holder" } });
  await writing;
  expect(await reading).toEqual([{ by: "outside" }]);
});

it("checks the precondition of a waiting write when its turn comes", async () => {
  const { raw } = await setup();
  const holder = await begin(raw);
  await holder.read("c/new");
  const creating = commit(raw, [{ path: "c/new", fields: { by: "outside" }, create: true }]);
  expect(await isPending(creating, raw)).toBe(true);

  await holder.commit({ path: "c/new", fields: { by: "holder" }, create: true });
  await expect(creating).rejects.toMatchObject({ code: 6 });
  expect(await readTexts(raw, ["c/new"])).toEqual([{ by: "holder" }]);
});

it("gives a retry the age of the transaction that it names", async () => {
  const { raw } = await setup();
  const first = await begin(raw);
  const second = await begin(raw);
  await first.rollback();
  const retry = await begin(raw, { retries: first });
  await second.read("c/a");
  await retry.read("c/a");

  await retry.commit(by("retry"));
  await expect(second.commit(by("second"))).rejects.toMatchObject({ code: 10 });
  expect(await readTexts(raw, ["c/a"])).toEqual([{ by: "retry" }]);
});

it("gives up on a lock after 20 seconds, and applies nothing", async () => {
  const { clock, raw } = await setup();
  const older = await begin(raw);
  const younger = await begin(raw);
  await older.read("c/a");
  await younger.read("c/a");
  const committing = younger.commit(by("younger"));

  expect(await isPending(committing, raw)).toBe(true);
  await clock.advance(19_999);
  expect(await isPending(committing, raw)).toBe(true);
  await clock.advance(1);
  await expect(committing).rejects.toMatchObject({
    code: 10,
    details: "Too much contention on these documents. Please try again.",
  });
  await older.rollback();
  expect(await readTexts(raw, ["c/a"])).toEqual([{ by: "nobody" }]);
});

it("locks the range of a query against documents that would enter or leave it, and nothing else", async () => {
  const { raw } = await setup();
  const reader = await begin(raw);
  expect(await reader.query("c", "by", "nobody")).toEqual([["c/a", { by: "nobody" }]]);

  await commit(raw, [{ path: "c/elsewhere", fields: { by: "somebody" } }]);
  const entering = commit(raw, [{ path: "c/b", fields: { by: "nobody" } }]);
  const leaving = commit(raw, [by("somebody")]);
  expect(await isPending(entering, raw)).toBe(true);
  expect(await isPending(leaving, raw)).toBe(true);

  await reader.commit();
  await Promise.all([entering, leaving]);
  expect(await readTexts(raw, ["c/a", "c/b"])).toEqual([{ by: "somebody" }, { by: "nobody" }]);
});

it("a read-only transaction does not hold up writes", async () => {
  const { raw } = await setup();
  const reader = await begin(raw, { readOnly: true });
  expect(await reader.read("c/a")).toEqual([{ by: "nobody" }]);
  await commit(raw, [by("outside")]);
  expect(await reader.read("c/a")).toEqual([{ by: "nobody" }]);
});

it("fails calls that still wait when the emulator stops", async () => {
  const { address, stop } = await startOurs();
  const raw = setupRaw(address);
  const holder = await begin(raw);
  await holder.read("c/a");
  const writing = raw.client.commit(
    { database: raw.database, writes: [{ delete: raw.name("c/a") }] },
    { retry: { retryCodes: [] } },
  );
  expect(await isPending(writing, raw)).toBe(true);
  await stop();
  await expect(writing).rejects.toMatchObject({ code: 14 });
});

it("lets a reader go on that has waited for a commit, when that has waited too long", async () => {
  const { clock, raw } = await setup();
  const older = await begin(raw);
  await older.read("c/a");
  const waiting = commit(raw, [by("nobody in particular")]);
  expect(await isPending(waiting, raw)).toBe(true);
  await clock.advance(10_000);
  const younger = await begin(raw);
  const reading = younger.read("c/a");
  expect(await isPending(reading, raw)).toBe(true);
  const [failed] = await Promise.allSettled([waiting, clock.advance(10_000)]);
  expect(failed).toMatchObject({ status: "rejected", reason: { code: 10 } });
  expect(await reading).toEqual([{ by: "nobody" }]);
});
