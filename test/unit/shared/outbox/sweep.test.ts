import { VirtualClock } from "handoff-emulators/clock";
import { expect, it } from "vitest";
import type { OutboxStore } from "../../../../shared/outbox/outbox-store.ts";
import { ENTRIES_PER_PAGE } from "../../../../shared/outbox/outbox-queries.ts";
import { sweepOutbox } from "../../../../shared/outbox/sweep.ts";
import { RecordStoreError } from "../../../../shared/records/record-store-error.ts";
import { createLogger } from "../../../../shared/runtime/log.ts";
import { relayOf } from "../../../harness/producer/test-relay.ts";

it("ends even if a whole page can be neither relayed nor postponed, and lists it no more than twice", async () => {
  const clock = new VirtualClock();
  const page = Array.from({ length: ENTRIES_PER_PAGE }, (_, n) => ({ id: `entry-${n}`, createdAtMs: clock.now() }));
  let lists = 0;
  const outbox: Pick<OutboxStore, "due" | "first" | "read"> = {
    due: () => Promise.resolve(++lists > 2 ? [] : page),
    first: () => Promise.resolve({ entry: undefined, readTimeMs: clock.now() }),
    read: () => Promise.reject(new RecordStoreError("Firestore did not respond in time.", undefined)),
  };
  const log = createLogger({ service: "test", level: "silent" });
  const none = (): never => {
    throw new Error("Not asked for here.");
  };
  const queue = { create: none, find: none, findInEarlierShard: none, delete: none, probe: none };
  const relay = relayOf({ queue, clock, log, types: new Map() });
  // oxlint-disable-next-line no-unsafe-type-assertion -- What a sweep asks of it.
  const swept = await sweepOutbox({ ...relay, outbox: outbox as OutboxStore }, clock.now() + 20_000);

  expect(swept).toMatchObject({ failed: ENTRIES_PER_PAGE, isComplete: false });
  expect(lists).toBe(2);
});
