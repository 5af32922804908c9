import { randomInt, randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { CONCURRENCY_MODES } from "../../../../src/firestore/transactions/concurrency.ts";
import { setupRaw } from "../support/harness.ts";
import { startOurs } from "../support/our-emulator.ts";
import { type World, readEverything, runRandomTransaction } from "../support/transactions/random-transactions.ts";
import { seeded } from "../support/seeded.ts";
import { type Event, findSerialOrder } from "../support/transactions/serial-order.ts";

const CLIENTS = 4;
const TRANSACTIONS_PER_CLIENT = 5;
const HISTORIES = 100;

function newWorld(random: () => number): World {
  let moments = 0;
  let tags = 0;
  return { random, moment: () => ++moments, nextTag: () => `w${++tags}` };
}

// The seed decides what happens; the network decides how it interleaves.
it.each(CONCURRENCY_MODES)(
  "the histories of %s transactions have a serial order that agrees with real time",
  async (mode) => {
    const seed = Number(process.env["SEED"] ?? randomInt(2 ** 31));
    process.stdout.write(`Histories of ${mode} transactions: SEED=${seed}\n`);
    const random = seeded(seed);
    const { address } = await startOurs({ concurrency: mode });
    const connections = Array.from({ length: CLIENTS }, () => setupRaw(address, "demo-histories"));
    let aborted = 0;

    for (let history = 0; history < HISTORIES; history++) {
      const world = newWorld(random);
      const database = `projects/demo-histories/databases/${randomUUID()}`;
      const clients = connections.map((raw) => ({
        ...raw,
        database,
        name: (path: string) => `${database}/documents/${path}`,
      }));
      const outcomes = await Promise.all(
        clients.map(async (raw) => {
          const events: (Event | null)[] = [];
          for (let i = 0; i < TRANSACTIONS_PER_CLIENT; i++) events.push(await runRandomTransaction(raw, world));
          return events;
        }),
      );
      const [first] = clients;
      if (!first) throw new Error("There is no client.");
      const events = outcomes.flat().filter((event) => event !== null);
      aborted += CLIENTS * TRANSACTIONS_PER_CLIENT - events.length;
      events.push(await readEverything(first, world));
      expect(findSerialOrder(events), `history ${history} of SEED=${seed}: ${JSON.stringify(events)}`).not.toBeNull();
    }
    expect(aborted).toBeGreaterThan(0);
  },
);

const wrote = (path: string, tag: string) => ({ path, content: { tag, group: "red" } });

const saw = (path: string, tag: string | null) => ({ kind: "document", path, tag }) as const;

it("finds no serial order for a lost update, write skew, a phantom or a stale read", () => {
  const together = { startedAt: 1, endedAt: 2 };
  const lostUpdate = [
    { ...together, observations: [saw("x", null)], writes: [wrote("x", "1")] },
    { ...together, observations: [saw("x", null)], writes: [wrote("x", "2")] },
  ];
  const writeSkew = [
    { ...together, observations: [saw("x", null)], writes: [wrote("y", "1")] },
    { ...together, observations: [saw("y", null)], writes: [wrote("x", "2")] },
  ];
  const noneRed = { kind: "group", group: "red", found: [] } as const;
  const phantom = [
    { ...together, observations: [noneRed], writes: [wrote("x", "1")] },
    { ...together, observations: [noneRed], writes: [wrote("y", "2")] },
  ];
  const staleRead = [
    { startedAt: 1, endedAt: 2, observations: [], writes: [wrote("x", "1")] },
    { startedAt: 3, endedAt: 4, observations: [saw("x", null)], writes: [] },
  ];
  for (const history of [lostUpdate, writeSkew, phantom, staleRead]) expect(findSerialOrder(history)).toBeNull();
});
