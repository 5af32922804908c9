import * as fc from "fast-check";
import fs from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { NotStoredError } from "../../../src/kernel/journal/not-stored-error.ts";
import { fillDisk } from "../../support/full-disk.ts";
import { type Entry, type Ledger, messages, newJournalPath, openLedger, stored } from "./ledger.ts";

const MIB = 1024 * 1024;
const COMPACTED = "info: compacted the journal";

interface Steps {
  readonly turn: () => Promise<void>;
  /** Resolves when a slice is done, and the compaction waits. */
  readonly reached: () => Promise<void>;
  /** Lets one slice be done. */
  readonly step: () => void;
  readonly letGo: () => void;
}

/** Compactions that stop after each slice until they are let go on. */
function steps(): Steps {
  let next = Promise.withResolvers<void>();
  let reached = Promise.withResolvers<void>();
  let isHeld = true;
  return {
    turn: () => {
      if (!isHeld) return Promise.resolve();
      reached.resolve();
      return next.promise;
    },
    reached: () => reached.promise,
    step: () => {
      const held = next;
      next = Promise.withResolvers();
      reached = Promise.withResolvers();
      held.resolve();
    },
    letGo: () => {
      isHeld = false;
      next.resolve();
    },
  };
}

/** A ledger that is about to be compacted: the next entry is one too many. */
async function overgrown(options: Parameters<typeof openLedger>[1] = {}, entries = 1_000): Promise<Ledger> {
  const ledger = await openLedger(newJournalPath(), options);
  for (let n = 0; n < entries; n++) ledger.set(`k${n}`, n);
  const size = fs.statSync(ledger.path).size;
  ledger.set("large", "x".repeat(16 * MIB - size - 1000));
  return ledger;
}

async function logs(ledger: Pick<Ledger, "logged">, message: string): Promise<void> {
  while (!messages(ledger).includes(message)) await new Promise((resolve) => setImmediate(resolve));
}

it("compacts itself when it has grown by 16 MiB, and goes on", async () => {
  const ledger = await overgrown();
  ledger.set("large", "short");
  ledger.set("larger", "y".repeat(2000));
  await logs(ledger, COMPACTED);
  expect(fs.statSync(ledger.path).size).toBeLessThan(MIB);
  ledger.set("last", 1);
  const expected = Object.fromEntries(ledger.state);
  await ledger.close();
  expect(await stored(ledger.path)).toEqual(expected);
});

it("acknowledges entries while a compaction is under way, and keeps them", async () => {
  const { turn, reached, step, letGo } = steps();
  const ledger = await overgrown({ turn });
  ledger.set("begins", "z".repeat(2000));
  for (let slice = 0; slice < 3; slice++) {
    await reached();
    ledger.set(`during ${slice}`, slice);
    ledger.set(`k${slice}`, "changed before it is written, or after");
    ledger.set(`k${999 - slice}`, "changed");
    step();
  }
  expect(messages(ledger)).toEqual([]);
  letGo();
  await logs(ledger, COMPACTED);
  ledger.set("after", 1);
  const expected = Object.fromEntries(ledger.state);
  await ledger.close();
  expect(await stored(ledger.path)).toEqual(expected);
});

it("writes at most 200 entries, or 256 KiB and an entry, before others get their turn", async () => {
  const slices: { entries: number; characters: number }[] = [];
  let slice = { entries: 0, characters: 0 };
  const ledger = await overgrown(
    {
      async turn() {
        slices.push(slice);
        slice = { entries: 0, characters: 0 };
      },
      *snapshot(state) {
        for (const [key, value] of state) {
          slice.entries += 1;
          slice.characters += JSON.stringify({ key, value }).length;
          yield { key, value };
        }
      },
    },
    3_000,
  );
  ledger.set("large", "short");
  for (let n = 0; n < 20; n++) ledger.set(`fat ${n}`, "f".repeat(100_000));
  await logs(ledger, COMPACTED);
  expect(slices.length).toBeGreaterThan(3_000 / 200);
  for (const { entries, characters } of slices) {
    expect(entries).toBeLessThanOrEqual(200);
    expect(characters).toBeLessThan(256 * 1024 + 110_000);
  }
});

it("has the same state after a kill at any moment of a compaction", async () => {
  const { turn, reached, step, letGo } = steps();
  const ledger = await overgrown({ turn });
  ledger.set("large", "short");
  ledger.set("begins", "z".repeat(2000));
  for (let slice = 0; slice < 5; slice++) {
    await reached();
    ledger.set(`during ${slice}`, slice);
    expect(await storedInCopy(ledger)).toEqual(Object.fromEntries(ledger.state));
    step();
  }
  letGo();
  await logs(ledger, COMPACTED);
  expect(await storedInCopy(ledger)).toEqual(Object.fromEntries(ledger.state));
});

it("keeps every change, whenever it is made, and however many compactions there are", async () => {
  const change = fc.record({ key: fc.constantFrom("a", "b", "c", "d", "e"), value: fc.nat(9) });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(change, { maxLength: 6 }), { maxLength: 5 }), async (runs) => {
      const file = newJournalPath();
      const expected = new Map<string, unknown>();
      for (const changes of runs) {
        // Each start compacts what the run before it has appended.
        const ledger = await openLedger(file);
        for (const { key, value } of changes) {
          ledger.set(key, value);
          expected.set(key, value);
        }
        expect(ledger.state).toEqual(expected);
        await ledger.close();
      }
      expect(await stored(file)).toEqual(Object.fromEntries(expected));
    }),
    { numRuns: 30 },
  );
});

it("goes on without compacting when that fails, leaves nothing behind, and tries again when it has grown", async () => {
  let fails = false;
  const ledger = await overgrown({
    *snapshot(state): Generator<Entry> {
      yield { key: "half", value: 1 };
      if (fails) throw new Error("no more");
      for (const [key, value] of state) yield { key, value };
    },
  });
  fails = true;
  ledger.set("begins", "z".repeat(2000));
  await logs(ledger, "warn: can't compact the journal now; it goes on growing");
  expect(fs.existsSync(`${ledger.path}.new`)).toBe(false);
  fails = false;
  ledger.set("large", "short");
  for (let n = 0; n < 5; n++) ledger.set("more", "m".repeat(MIB));
  await logs(ledger, COMPACTED);
  expect(fs.statSync(ledger.path).size).toBeLessThan(2 * MIB);
});

it("starts without compacting when there is no room for that", async () => {
  const first = await openLedger();
  first.set("a", 1);
  await first.close();
  fs.mkdirSync(path.join(`${first.path}.new`, "in the way"), { recursive: true });
  const ledger = await openLedger(first.path);
  expect(messages(ledger)).toEqual(["warn: can't compact the journal now; it goes on growing"]);
  ledger.set("b", 2);
  await ledger.close();
  expect(await stored(first.path)).toEqual({ a: 1, b: 2 });
});

it("gives up a compaction when the disk is full, since the room is needed for what it compacts", async () => {
  const { turn, reached, letGo } = steps();
  const ledger = await overgrown({ turn });
  ledger.set("begins", "z".repeat(2000));
  await reached();
  const disk = fillDisk();
  expect(() => ledger.set("refused", 1)).toThrow(NotStoredError);
  expect(fs.statSync(`${ledger.path}.new`).size).toBe(0);
  disk.free();
  letGo();
  ledger.set("accepted", 1);
  const expected = Object.fromEntries(ledger.state);
  await ledger.close();
  expect(fs.existsSync(`${ledger.path}.new`)).toBe(false);
  expect(await stored(ledger.path)).toEqual(expected);
});

it("doesn't replace a file that is no longer its own", async () => {
  const { turn, reached, letGo } = steps();
  const ledger = await overgrown({ turn });
  ledger.set("begins", "z".repeat(2000));
  await reached();
  fs.writeFileSync(`${ledger.path}.other`, "of another program\n");
  fs.renameSync(`${ledger.path}.other`, ledger.path);
  letGo();
  await logs(ledger, "warn: can't compact the journal now; it goes on growing");
  expect(fs.readFileSync(ledger.path, "utf8")).toBe("of another program\n");
});

it("doesn't wait for a compaction when it closes, and leaves nothing of it behind", async () => {
  const { turn, reached, letGo } = steps();
  const ledger = await overgrown({ turn });
  ledger.set("begins", "z".repeat(2000));
  const expected = Object.fromEntries(ledger.state);
  await reached();
  const closed = ledger.close();
  letGo();
  await closed;
  expect(messages(ledger)).toEqual([]);
  expect(fs.readdirSync(path.dirname(ledger.path)).toSorted()).toEqual(["ledger.jsonl", "ledger.lock"]);
  expect(await stored(ledger.path)).toEqual(expected);
});

it("ignores the remains of a compaction that was killed, and removes them", async () => {
  const first = await openLedger();
  first.set("a", 1);
  await first.close();
  fs.writeFileSync(`${first.path}.new`, '{"half":');
  const ledger = await openLedger(first.path);
  expect(Object.fromEntries(ledger.state)).toEqual({ a: 1 });
  expect(fs.existsSync(`${first.path}.new`)).toBe(false);
});

/** What a start finds after a kill now. */
async function storedInCopy({ path: file }: Ledger): Promise<Record<string, unknown>> {
  const copy = newJournalPath();
  fs.cpSync(path.dirname(file), path.dirname(copy), { recursive: true, filter: (name) => !name.endsWith(".lock") });
  return await stored(copy);
}
