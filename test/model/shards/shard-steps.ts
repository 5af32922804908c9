import type { HopStep } from "../hops/hop-steps.ts";
import type { Place } from "./revisions.ts";

/** Of two things, the older or the newer one. */
const BOTH = [0, 1] as const;
const PLACES: readonly Place[] = ["earlier", "current"];
const HOPS = [0, 1, 2];

/** What can happen to a task while the number of shards changes, and each of two revisions that can do it. */
export const SHARD_STEPS: readonly HopStep[] = [
  { kind: "roll-out" },
  { kind: "roll-back" },
  ...BOTH.flatMap((by): HopStep[] => [
    ...HOPS.flatMap((hop) => PLACES.map((from): HopStep => ({ kind: "deliver", hop, from, by }))),
    ...PLACES.map((from): HopStep => ({ kind: "deliver", hop: 0, from, by, fault: "hangs" })),
    ...HOPS.slice(0, 2).map((hop): HopStep => ({ kind: "relay", hop, by })),
    { kind: "cancel", by, isDeleted: true },
    { kind: "cancel", by, isDeleted: false },
    { kind: "cancel", by, isDeleted: true, fault: "lost" },
    { kind: "run", by, isDeleted: true },
    { kind: "run", by, isDeleted: false },
    { kind: "look-up", by },
    { kind: "post", by },
  ]),
  ...BOTH.flatMap((which): HopStep[] => [
    { kind: "end", which, how: "succeeds" },
    { kind: "end", which, how: "succeeds", fault: "lost" },
    { kind: "end", which, how: "succeeds", fault: "hangs" },
    { kind: "end", which, how: "fails" },
    { kind: "end", which, how: "snoozes" },
    { kind: "crash", which },
    { kind: "create", which },
    { kind: "create", which, lost: "before" },
    { kind: "create", which, lost: "after" },
    { kind: "delete", which },
  ]),
  { kind: "wait" },
  { kind: "grow-old" },
];
