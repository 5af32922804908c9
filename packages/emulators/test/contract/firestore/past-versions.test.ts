import { expect, it } from "vitest";
import { CommitTimes } from "../../../src/firestore/store/commit-times.ts";
import { Database } from "../../../src/firestore/database.ts";
import { parseWrite } from "../../../src/firestore/store/write.ts";
import { VirtualClock } from "../../../src/kernel/virtual-clock.ts";

const ROOT = "projects/p/databases/d/documents";
const MINUTE_MS = 60_000;

function setup() {
  const clock = new VirtualClock();
  const database = new Database({
    root: ROOT,
    clock,
    times: new CommitTimes(clock),
    concurrency: "pessimistic",
    record: () => {},
  });
  const set = async (path: string, n: number): Promise<bigint> => {
    const write = parseWrite({ update: { name: `${ROOT}/${path}`, fields: { n: { integerValue: n } } } });
    return (await database.commit([write], null)).time;
  };
  const read = async (path: string, at: bigint): Promise<unknown> => {
    const { value } = await database.readDocuments([`${ROOT}/${path}`], { kind: "past", at });
    return value[0]?.fields["n"]?.integerValue;
  };
  return { clock, database, set, read };
}

it("drops versions that nobody can read any more, and keeps those that reads can see", async () => {
  const { clock, database, set, read } = setup();
  await set("c/a", 1);
  await clock.advance(10 * MINUTE_MS);
  const second = await set("c/a", 2);
  await clock.advance(10 * MINUTE_MS);
  await set("c/a", 3);
  expect(database.documents.pastVersions).toBe(2);

  await clock.advance(55 * MINUTE_MS);
  await set("c/b", 1);
  expect(database.documents.pastVersions).toBe(1);
  expect(await read("c/a", second + 60_000_000n)).toBe(2);
});

it("drops deleted documents, and the missing ones above them, once their past can't be read", async () => {
  const { clock, database, set } = setup();
  const name = `${ROOT}/c/missing/sub/a`;
  await database.commit([parseWrite({ update: { name, fields: {} } })], null);
  await database.commit([parseWrite({ delete: name })], null);
  await clock.advance(70 * MINUTE_MS);
  await set("other/a", 1);
  expect([...database.documents.paths.allCollections()]).toEqual([`${ROOT}/other`]);
});

it("keeps only minutes of the past when versions pile up, and refuses to read before them", async () => {
  const { clock, database, set, read } = setup();
  const early = await set("c/a", 0);
  await clock.advance(10 * MINUTE_MS);
  for (let i = 0; i <= 1_000; i++) {
    const batch = Array.from({ length: 201 }, (_, j) =>
      parseWrite({ update: { name: `${ROOT}/c/${j}`, fields: { i: { integerValue: i } } } }),
    );
    await database.commit(batch, null);
  }
  await clock.advance(10 * MINUTE_MS);
  expect(database.documents.pastVersions).toBeGreaterThan(200_000);
  await set("other/a", 1);
  expect(database.documents.pastVersions).toBe(0);
  await expect(read("c/a", early)).rejects.toMatchObject({ code: 9 });
  expect(() => database.checkReadTime(early)).toThrow("too old");
});
