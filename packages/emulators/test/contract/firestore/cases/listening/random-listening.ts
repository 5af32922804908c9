import type { Query, QuerySnapshot } from "@google-cloud/firestore";
import { randomInt } from "node:crypto";
import { expect } from "vitest";
import { type Harness, setupClient } from "../../support/harness.ts";
import type { Subject } from "../../support/case.ts";
import { idsOf, listenToQuery } from "../../support/listening/heard.ts";
import { seeded } from "../../support/seeded.ts";

const COMMITS = 60;
const MAX_WRITES = 3;
const IDS = ["a", "b", "c", "d", "e", "f"];
const MAX_NUMBER = 4;
const LAST = "last";

/** Queries that find a document with `n` 2 if it is the only one. */
function queriesOf({ collection, db }: Harness): Query[] {
  return [
    collection,
    collection.where("n", ">=", 2),
    collection.where("n", "in", [0, 2, 4]).orderBy("n", "desc"),
    collection.orderBy("n").limit(2),
    collection.orderBy("n", "desc").orderBy("m").limit(3),
    collection.where("n", ">", 0).orderBy("n").limitToLast(2),
    collection.orderBy("n").startAt(1).endBefore(4),
    collection.select("n"),
    db.collectionGroup(collection.id).where("n", "<", 3),
  ];
}

async function commitAtRandom({ collection, db }: Harness, random: () => number): Promise<void> {
  const below = collection.doc("a").collection(collection.id);
  const upTo = (most: number): number => Math.floor(random() * (most + 1));
  const batch = db.batch();
  for (let left = 1 + upTo(MAX_WRITES - 1); left > 0; left--) {
    const document = (random() < 0.2 ? below : collection).doc(IDS[upTo(IDS.length - 1)] ?? "");
    const fields = { n: upTo(MAX_NUMBER), ...(random() < 0.7 ? { m: upTo(2) } : {}) };
    if (random() < 0.3) batch.delete(document);
    else batch.set(document, fields);
  }
  await batch.commit();
}

/** Leaves one document, which all queries find. */
async function commitLast({ collection, db }: Harness): Promise<void> {
  const batch = db.batch();
  for (const id of IDS) {
    batch.delete(collection.doc(id));
    batch.delete(collection.doc("a").collection(collection.id).doc(id));
  }
  batch.set(collection.doc(LAST), { n: 2, m: 0 });
  await batch.commit();
}

/** A snapshot's documents, unordered: the client orders them itself, but not for limitToLast in a transaction. */
const contentOf = ({ docs }: QuerySnapshot): unknown[] =>
  docs
    .toSorted((a, b) => (a.ref.path < b.ref.path ? -1 : 1))
    .map((document) => [document.ref.path, document.updateTime.valueOf(), document.data()]);

export function randomListeningCases({ address, test }: Subject): void {
  test("each snapshot of a listener has what its query found at that time", async () => {
    const seed = Number(process.env["SEED"] ?? randomInt(2 ** 31));
    process.stdout.write(`Listeners among random commits: SEED=${seed}\n`);
    const random = seeded(seed);
    const harness = setupClient(address());
    await commitAtRandom(harness, random);
    const listeners = queriesOf(harness).map((query) => ({ query, heard: listenToQuery(query) }));
    for (const { heard } of listeners) await heard.first();
    for (let i = 0; i < COMMITS; i++) await commitAtRandom(harness, random);
    await commitLast(harness);

    for (const [place, { query, heard }] of listeners.entries()) {
      const snapshots = await heard.upTo(isLast);
      expect(snapshots.length, `query ${place} of SEED=${seed}`).toBeGreaterThan(COMMITS / 10);
      const found = await Promise.all(snapshots.map((snapshot) => findAt(query, snapshot)));
      expect(snapshots.map(contentOf), `query ${place} of SEED=${seed}`).toEqual(found.map(contentOf));
    }
  });
}

const isLast = (snapshot: QuerySnapshot): boolean => idsOf(snapshot) === LAST;

const findAt = (query: Query, { readTime }: QuerySnapshot): Promise<QuerySnapshot> =>
  query.firestore.runTransaction((transaction) => transaction.get(query), { readOnly: true, readTime });
