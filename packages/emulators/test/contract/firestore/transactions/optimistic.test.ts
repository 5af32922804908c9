import { expect, it } from "vitest";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { setupClient, setupRaw } from "../support/harness.ts";
import { startOurs } from "../support/our-emulator.ts";
import { type RawTransaction, begin, commit, readTexts } from "../support/transactions/raw-transaction.ts";
import { integer, query, setupTwo, where } from "../support/wire-requests.ts";

const CONTENTION = { code: 10, details: "Too much contention on these documents. Please try again." };

async function setup() {
  const { address } = await startOurs({ concurrency: "optimistic", clock: new VirtualClock() });
  const raw = setupRaw(address);
  await commit(raw, [{ path: "c/a", fields: { by: "nobody" } }]);
  return { raw };
}

const by = (who: string, path = "c/a") => ({ path, fields: { by: who } });

it("lets a younger transaction commit over an older one's read, and aborts the older one", async () => {
  const { raw } = await setup();
  const older = await begin(raw);
  const younger = await begin(raw);
  await older.read("c/a");
  await younger.read("c/a");

  await younger.commit(by("younger"));
  await expect(older.commit(by("older"), by("older", "c/b"))).rejects.toMatchObject(CONTENTION);
  expect(await readTexts(raw, ["c/a", "c/b"])).toEqual([{ by: "younger" }, null]);
});

it("applies a write outside transactions at once, and aborts those who have read the document", async () => {
  const { raw } = await setup();
  const [writer, reader] = [await begin(raw), await begin(raw)];
  await writer.read("c/a");
  await reader.read("c/a");

  await commit(raw, [by("outside")]);
  await expect(writer.commit(by("writer"))).rejects.toMatchObject(CONTENTION);
  await expect(reader.commit(by("reader", "c/b"))).rejects.toMatchObject(CONTENTION);
  expect(await readTexts(raw, ["c/a", "c/b"])).toEqual([{ by: "outside" }, null]);
});

it("commits a transaction that writes nothing, whatever has changed of what it read", async () => {
  const { raw } = await setup();
  const [reader, searcher] = [await begin(raw), await begin(raw)];
  await reader.read("c/a");
  await searcher.query("c", "by", "nobody");
  await commit(raw, [by("outside")]);
  await expect(reader.commit()).resolves.toBeUndefined();
  await expect(searcher.commit()).resolves.toBeUndefined();
});

it("aborts a transaction that found no document where there now is one, and one whose document is gone", async () => {
  const { raw } = await setup();
  const [finder, keeper] = [await begin(raw), await begin(raw)];
  expect(await finder.read("c/new")).toEqual([null]);
  expect(await keeper.read("c/a")).toEqual([{ by: "nobody" }]);

  await commit(raw, [by("outside", "c/new"), { path: "c/a", fields: null }]);
  await expect(finder.commit(by("finder", "c/b"))).rejects.toMatchObject(CONTENTION);
  await expect(keeper.commit(by("keeper", "c/b"))).rejects.toMatchObject(CONTENTION);
  expect(await readTexts(raw, ["c/b"])).toEqual([null]);
});

it("prevents write skew: of two that read both documents and write one each, the first wins", async () => {
  const { raw } = await setup();
  const [one, other] = [await begin(raw), await begin(raw)];
  await one.read("c/a", "c/b");
  await other.read("c/a", "c/b");

  await one.commit(by("one", "c/a"));
  await expect(other.commit(by("other", "c/b"))).rejects.toMatchObject(CONTENTION);
  expect(await readTexts(raw, ["c/a", "c/b"])).toEqual([{ by: "one" }, null]);
});

it("prevents phantoms: a document that enters, leaves or changes in the range of a query aborts its transaction", async () => {
  const { raw } = await setup();
  const enters = by("nobody", "c/b");
  const leaves = by("somebody");
  const stays = { path: "c/a", fields: { by: "nobody", changed: "yes" } };
  for (const write of [enters, stays, leaves]) {
    const reader = await begin(raw);
    await reader.query("c", "by", "nobody");
    await commit(raw, [write]);
    await expect(reader.commit(by("reader", "c/effect"))).rejects.toMatchObject(CONTENTION);
  }
  const reader = await begin(raw);
  await reader.query("c", "by", "nobody");
  await commit(raw, [by("somebody else", "c/elsewhere")]);
  await reader.commit(by("reader", "c/effect"));
  expect(await readTexts(raw, ["c/effect"])).toEqual([{ by: "reader" }]);
});

it("aborts nobody for writes to unread documents, writes that change nothing, or refused writes", async () => {
  const { raw } = await setup();
  const reader = await begin(raw);
  await reader.read("c/a");

  await commit(raw, [by("outside", "c/b")]);
  await commit(raw, [by("nobody", "c/a")]);
  await expect(commit(raw, [{ ...by("outside"), create: true }])).rejects.toMatchObject({ code: 6 });
  await reader.commit(by("reader"));
  expect(await readTexts(raw, ["c/a", "c/b"])).toEqual([{ by: "reader" }, { by: "outside" }]);
});

it("applies a blind write, whatever has happened since its transaction began", async () => {
  const { raw } = await setup();
  const blind = await begin(raw);
  await commit(raw, [by("outside")]);
  await blind.commit(by("blind"));
  expect(await readTexts(raw, ["c/a"])).toEqual([{ by: "blind" }]);
});

it("reads as of the first read, aborts only the commit of what was derived, and lets the retry succeed", async () => {
  const { raw } = await setup();
  const outdated = await begin(raw);
  await outdated.read("c/a");
  await commit(raw, [by("outside"), by("outside", "c/b")]);
  expect(await outdated.read("c/a", "c/b")).toEqual([{ by: "nobody" }, null]);
  expect(await outdated.query("c", "by", "nobody")).toEqual([["c/a", { by: "nobody" }]]);
  expect(await outdated.query("c", "by", "outside")).toEqual([]);
  await expect(outdated.commit(by("outdated", "c/c"))).rejects.toMatchObject(CONTENTION);

  const retry = await begin(raw, { retries: outdated });
  expect(await retry.read("c/a")).toEqual([{ by: "outside" }]);
  await retry.commit(by("retry"));
  expect(await readTexts(raw, ["c/a"])).toEqual([{ by: "retry" }]);
});

it.each<[string, (late: RawTransaction) => Promise<unknown>]>([
  ["a document", (late) => late.read("c/b")],
  ["the range of a query", (late) => late.query("c", "by", "outside")],
])("aborts a commit after %s was read that had changed since the first read", async (_, readLate) => {
  const { raw } = await setup();
  const late = await begin(raw);
  await late.read("c/a");
  await commit(raw, [by("outside", "c/b")]);
  await readLate(late);
  await expect(late.commit(by("late", "c/c"))).rejects.toMatchObject(CONTENTION);
  expect(await readTexts(raw, ["c/c"])).toEqual([null]);
});

it("commits what was read late, if nobody has changed it since the first read", async () => {
  const { raw } = await setup();
  await commit(raw, [by("somebody", "c/b")]);
  const late = await begin(raw);
  await late.read("c/a");
  await commit(raw, [by("outside", "d/c")]);
  expect(await late.read("c/b")).toEqual([{ by: "somebody" }]);
  expect(await late.query("c", "by", "somebody")).toEqual([["c/b", { by: "somebody" }]]);
  await late.commit(by("late"));
  expect(await readTexts(raw, ["c/a"])).toEqual([{ by: "late" }]);
});

it("gives all reads of a transaction one read time, that of the first, even as time passes", async () => {
  const clock = new VirtualClock();
  const { address } = await startOurs({ concurrency: "optimistic", clock });
  const wire = await setupTwo(address);
  const { replies } = await wire.call("BeginTransaction", { database: wire.database });
  const transaction = replies[0]?.["transaction"] ?? "";
  const readTimes: unknown[] = [];
  for (const structuredQuery of [{}, { where: where("n", "EQUAL", integer(5)) }]) {
    await clock.advance("1s");
    const [call, request] = query(structuredQuery)(wire);
    readTimes.push((await wire.call(call, { ...request, transaction })).replies[0]?.["readTime"]);
    await wire.call("Commit", { database: wire.database, writes: [{ delete: `${wire.root}/c/a` }] });
  }
  const firstRead = { seconds: String(clock.now() / 1_000 - 1), nanos: 0 };
  expect(readTimes).toEqual([firstRead, firstRead]);
});

it("never aborts a read-only transaction", async () => {
  const { raw } = await setup();
  const reader = await begin(raw, { readOnly: true });
  expect(await reader.read("c/a")).toEqual([{ by: "nobody" }]);
  await commit(raw, [by("outside")]);
  expect(await reader.read("c/a")).toEqual([{ by: "nobody" }]);
  await reader.commit();
});

it("responds that a transaction has ended, not that it lost, once it was committed or rolled back", async () => {
  const { raw } = await setup();
  const over = { code: 3, details: "The referenced transaction has expired or is no longer valid." };
  const [committed, rolledBack] = [await begin(raw), await begin(raw)];
  await rolledBack.read("c/a");
  await rolledBack.rollback();
  await committed.read("c/a");
  await committed.commit(by("committed"));

  await expect(committed.commit(by("again"))).rejects.toMatchObject(over);
  await expect(rolledBack.commit(by("again"))).rejects.toMatchObject(over);
  expect(await readTexts(raw, ["c/a"])).toEqual([{ by: "committed" }]);
});

it("lets Google's client succeed under contention, without a lost update", async () => {
  const { address } = await startOurs({ concurrency: "optimistic" });
  const { collection, db } = setupClient(address);
  const counter = collection.doc("counter");
  await counter.set({ n: 0 });
  let runs = 0;
  await Promise.all(
    Array.from({ length: 5 }, () =>
      db.runTransaction(async (transaction) => {
        runs += 1;
        const before = await transaction.get(counter);
        transaction.update(counter, { n: Number(before.get("n")) + 1 });
      }),
    ),
  );
  expect((await counter.get()).get("n")).toBe(5);
  expect(runs).toBeGreaterThan(5);
});
