import * as fc from "fast-check";
import { expect, it } from "vitest";
import { CommitTimes } from "../../../../src/firestore/store/commit-times.ts";
import { Database } from "../../../../src/firestore/database.ts";
import { Retention } from "../../../../src/firestore/store/past/retention.ts";
import { parseWrite } from "../../../../src/firestore/store/write.ts";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";

const ROOT = "projects/p/databases/d/documents";
const MINUTE_MS = 60_000;
const TOO_OLD = { code: 9, message: "The requested snapshot version is too old." };

const messageOf = (error: Error): string => error.message;

function setup(limit: { mostBytes?: number } = {}) {
  const clock = new VirtualClock();
  const retention = new Retention(limit);
  const times = new CommitTimes(clock);
  const open = (root = ROOT) =>
    new Database({ root, clock, times, concurrency: "pessimistic", retention, record: () => {} });
  const database = open();
  /** Sets a number in a document, or deletes the document. */
  const set = async (path: string, n: number | null, text = ""): Promise<bigint> => {
    const name = `${ROOT}/${path}`;
    const fields = { n: { integerValue: n ?? 0 }, text: { stringValue: text } };
    return (await database.commit([parseWrite(n === null ? { delete: name } : { update: { name, fields } })], null))
      .time;
  };
  const read = async (path: string, at: bigint): Promise<unknown> => {
    const { value } = await database.readDocuments([`${ROOT}/${path}`], { kind: "past", at });
    return value[0]?.fields["n"]?.integerValue;
  };
  return { clock, retention, open, database, set, read };
}

it("drops versions that nobody can read any more, and keeps those that reads can see", async () => {
  const { clock, retention, set, read } = setup();
  await set("c/a", 1);
  await clock.advance(10 * MINUTE_MS);
  const second = await set("c/a", 2);
  await clock.advance(10 * MINUTE_MS);
  await set("c/a", 3);
  expect(retention.versions).toBe(2);

  await clock.advance(55 * MINUTE_MS);
  await set("c/b", 1);
  expect(retention.versions).toBe(1);
  expect(await read("c/a", second + 60_000_000n)).toBe(2);
});

it("drops deleted documents, and the missing ones above them, once their past can't be read", async () => {
  const { clock, retention, database, set } = setup();
  await set("c/missing/sub/a", 1);
  const deleted = await set("c/missing/sub/a", null);
  const namesBefore = () => [...database.documents.collectionsUnder(ROOT, deleted - 1n)];
  expect(namesBefore()).toEqual([`${ROOT}/c`]);
  await clock.advance(70 * MINUTE_MS);
  await set("other/a", 1);
  expect(namesBefore()).toEqual([`${ROOT}/other`]);
  expect(retention).toMatchObject({ versions: 0, bytes: 0 });
});

it("doesn't look at deleted documents for the present, however many there were", async () => {
  const { database, set } = setup();
  for (let i = 0; i < 100; i++) {
    await set(`c/a/sub/${i}`, 1);
    await set(`c/a/sub/${i}`, null);
  }
  expect([...database.documents.namesIn(`${ROOT}/c/a/sub`)]).toEqual([]);
  expect([...database.documents.collectionsUnder(ROOT)]).toEqual([]);
  const again = await set("c/a/sub/5", 2);
  expect([...database.documents.namesIn(`${ROOT}/c/a/sub`)]).toEqual([`${ROOT}/c/a/sub/5`]);
  expect([...database.documents.namesIn(`${ROOT}/c/a/sub`, again)]).toHaveLength(100);
});

it("drops what is too old in small steps, and more than comes", async () => {
  const { clock, retention, set } = setup();
  for (let n = 0; n <= 1_000; n++) await set("c/hot", n);
  await clock.advance(70 * MINUTE_MS);
  for (let before = retention.versions; before > 100; before = retention.versions) {
    await set("c/hot", before);
    expect(before - retention.versions).toBeGreaterThan(0);
    expect(before - retention.versions).toBeLessThanOrEqual(20);
  }
});

it("keeps the past within its memory by dropping the oldest, and refuses to read what it dropped", async () => {
  const { retention, database, set, read } = setup({ mostBytes: 100_000 });
  const early = await set("c/quiet", -1);
  const times: bigint[] = [];
  for (let n = 0; n < 1_000; n++) {
    times.push(await set("c/hot", n));
    expect(retention.bytes).toBeLessThanOrEqual(100_000);
  }
  const snapshot = database.beginReadOnly();
  await set("c/hot", 1_000);
  expect(await database.readDocuments([`${ROOT}/c/hot`], { kind: "transaction", transaction: snapshot })).toMatchObject(
    { value: [{ fields: { n: { integerValue: 999 } } }] },
  );
  const firstKept = times.findIndex((time) => database.canReadAt(time));
  expect(firstKept).toBeGreaterThan(700);
  expect(firstKept).toBeLessThan(900);
  const results = await Promise.all(times.map((time) => read("c/hot", time).catch(messageOf)));
  expect(results).toEqual(times.map((_, n) => (n >= firstKept ? n : TOO_OLD.message)));
  expect(await read("c/quiet", times[999] ?? 0n)).toBe(-1);
  expect(() => database.checkReadTime(early)).toThrow(TOO_OLD.message);

  for (let n = 0; n < 300; n++) await set("c/hot", n);
  const late = database.readDocuments([`${ROOT}/c/hot`], { kind: "transaction", transaction: snapshot });
  await expect(late).rejects.toMatchObject(TOO_OLD);
});

it("counts what versions don't share: text that stays the same takes nothing for each", async () => {
  const { retention, database, set } = setup();
  const text = "x".repeat(100_000);
  const name = `${ROOT}/c/hot`;
  await set("c/hot", 0, text);
  const patch = (n: number) => ({ name, fields: { n: { integerValue: n } } });
  for (let n = 1; n <= 100; n++) {
    await database.commit([parseWrite({ update: patch(n), updateMask: { fieldPaths: ["n"] } })], null);
  }
  expect(retention.bytes).toBeLessThan(100_000);
  for (let n = 0; n < 10; n++) await set("c/hot", n, `${text}${n}`);
  expect(retention.bytes).toBeGreaterThan(1_000_000);
});

it("has one limit for all databases, and drops the oldest of them all", async () => {
  const { retention, open } = setup({ mostBytes: 50_000 });
  const databases = ["a", "b"].map((id) => open(`projects/p/databases/${id}/documents`));
  const [first, second] = databases;
  for (const database of databases) {
    for (let n = 0; n < 200; n++) {
      const update = { name: `${database.root}/c/hot`, fields: { n: { integerValue: n } } };
      await database.commit([parseWrite({ update })], null);
    }
  }
  expect(retention.bytes).toBeLessThanOrEqual(50_000);
  expect(first?.documents.knownSince).toBeLessThan(second?.documents.knownSince ?? 0n);
  const versions = retention.versions;
  second?.clear();
  await first?.commit([parseWrite({ delete: `${first.root}/c/hot` })], null);
  expect(retention.versions).toBeLessThan(versions);
});

const IDS = ["a", "b", "c"];

it("reads every time that it knows as it was, whatever was written, deleted, cleared and dropped", async () => {
  const stepArbitrary = fc.record({
    kind: fc.constantFrom("set", "set", "set", "delete", "wait", "clear"),
    id: fc.constantFrom(...IDS),
    minutes: fc.nat(40),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(stepArbitrary, { maxLength: 60 }), async (steps) => {
      const { clock, database, set, read } = setup({ mostBytes: 5_000 });
      const states: { readonly time: bigint; readonly state: ReadonlyMap<string, number> }[] = [];
      let state: ReadonlyMap<string, number> = new Map();
      for (const [n, { kind, id, minutes }] of steps.entries()) {
        if (kind === "wait") await clock.advance(minutes * MINUTE_MS);
        if (kind === "set") state = new Map(state).set(id, n);
        if (kind === "delete") state = new Map([...state].filter(([other]) => other !== id));
        if (kind === "clear") {
          state = new Map();
          database.clear();
        }
        if (kind === "set" || kind === "delete")
          states.push({ time: await set(`c/${id}`, state.get(id) ?? null), state });
      }
      for (const { time, state: then } of states) {
        const isKnown = time >= database.documents.knownSince;
        const results = await Promise.all(IDS.map((id) => read(`c/${id}`, time).catch(messageOf)));
        expect(results).toEqual(IDS.map((id) => (isKnown ? then.get(id) : TOO_OLD.message)));
      }
      expect(IDS.map((id) => database.documents.get(`${ROOT}/c/${id}`)?.fields["n"]?.integerValue)).toEqual(
        IDS.map((id) => state.get(id)),
      );
    }),
    { numRuns: 200 },
  );
});
