import * as fc from "fast-check";
import { expect, it } from "vitest";
import { Databases } from "../../../src/firestore/databases.ts";
import type { LoggedCommit } from "../../../src/firestore/store/commit-log.ts";
import { parseWrite } from "../../../src/firestore/store/write.ts";
import { VirtualClock } from "../../../src/kernel/virtual-clock.ts";

const PATHS = ["one", "two"].map((id) => `projects/p/databases/${id}`);
const IDS = ["a", "b", "c", "d", "e"];

const stepArbitrary = fc.record({
  kind: fc.constantFrom("read", "set", "set", "set", "delete", "clear"),
  path: fc.constantFrom(...PATHS),
  id: fc.constantFrom(...IDS),
  value: fc.nat(99),
});
type Step = typeof stepArbitrary extends fc.Arbitrary<infer T> ? T : never;

it("has the same documents after a restart, whatever is committed while a snapshot is taken", async () => {
  const steps = fc.array(stepArbitrary, { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(steps, steps, async (before, during) => {
      const commits: LoggedCommit[] = [];
      const databases = new Databases(new VirtualClock(), "pessimistic");
      databases.keepIn({ append: (commit) => void commits.push(commit), close: async () => undefined });
      for (const step of before) await take(step, databases);
      const cut = commits.length;
      const read: LoggedCommit[] = [];
      const snapshot = readLazily(databases)[Symbol.iterator]();
      for (const step of during) {
        const next = step.kind === "read" ? snapshot.next() : undefined;
        if (next?.done === false) read.push(next.value);
        await take(step, databases);
      }
      for (let next = snapshot.next(); next.done !== true; next = snapshot.next()) read.push(next.value);

      const restored = new Databases(new VirtualClock(), "pessimistic");
      for (const commit of [...read, ...commits.slice(cut)]) restored.restore(commit);
      expect(dump(restored)).toEqual(dump(databases));
      databases.close();
    }),
    { numRuns: 500 },
  );
});

/** A snapshot with a commit for each document. It is for the moment of the call. */
function readLazily(databases: Databases): Iterable<LoggedCommit> {
  const { time, databases: each } = databases.snapshot();
  const commits = function* (): Generator<LoggedCommit> {
    for (const { database, documents } of each) {
      for (const document of documents) yield { database, time, cleared: false, written: [document], deleted: [] };
      yield { database, time, cleared: false, written: [], deleted: [] };
    }
  };
  return commits();
}

async function take({ kind, path, id, value }: Step, databases: Databases): Promise<void> {
  const database = databases.named(path);
  const name = `${path}/documents/c/${id}`;
  if (kind === "clear") databases.clear((selected) => selected === path);
  if (kind === "set") {
    await database.commit([parseWrite({ update: { name, fields: { v: { integerValue: value } } } })], null);
  }
  if (kind === "delete") await database.commit([parseWrite({ delete: name })], null);
}

/** Every document with its times. */
function dump(databases: Databases): unknown {
  return PATHS.map((path) => IDS.map((id) => databases.named(path).documents.get(`${path}/documents/c/${id}`)));
}
