import type { Idempotency } from "../../../shared/contract/task-type.ts";
import { seeded } from "../../../packages/emulators/test/contract/firestore/support/seeded.ts";
import { shuffled } from "../../harness/runtime/shuffled.ts";
import type { ScriptedFault } from "../faults/fault-names.ts";
import type { ChaosPayload, Script } from "./task-types.ts";

/** A task that a run will request. */
export interface PlannedTask {
  readonly kind: Idempotency;
  readonly payload: ChaosPayload;
  readonly key: string;
  /** How often it is requested at once, under one key. */
  readonly copies: number;
}

const COPIES = 4;
/** For each hit, how many tasks say "saturated" together. */
const BURST = 5;
/** Long tasks are requested in this part of the run, so that it doesn't end up waiting for them alone. */
const LONG_ONES_WITHIN = 0.3;

/** Shares of all tasks in percent; the rest succeed at once. Duplicate keys are counted separately. */
const SHARES: readonly (readonly [script: Script, hundredths: number])[] = [
  ["fails-first", 10],
  ["permanent", 5],
  ["slow", 5],
  ["poison", 5],
];
const DUPLICATE_KEYS_HUNDREDTHS = 5;

/** The tasks of a run, in the order in which they are requested. The seed determines everything. */
export function planTasks(options: {
  tasks: number;
  kinds: readonly Idempotency[];
  /** Whether all tasks succeed at once. */
  plain: boolean;
  /** Handlers work for up to this many milliseconds before and after their effect. */
  workMs: number;
  /** What some tasks do to their worker. */
  scripted: readonly ScriptedFault[];
  /** How many tasks do each of these, and how many bursts are saturated. */
  hits: number;
  seed: number;
  secret: string;
}): PlannedTask[] {
  const { tasks, plain, scripted, hits, seed } = options;
  const random = seeded(seed);
  const shares = plain ? [] : SHARES;
  const scripts: Script[] = shares.flatMap(([script, hundredths]) =>
    Array.from({ length: Math.ceil((tasks * hundredths) / 100) }, () => script),
  );
  const duplicated = Math.ceil((tasks * DUPLICATE_KEYS_HUNDREDTHS) / 100);
  const good = Math.max(duplicated, tasks - scripts.length);
  const wanted = [
    ...scripts.map((script) => ({ script, copies: 1 })),
    ...Array.from({ length: good }, (_, index) => ({
      script: "ok" as const,
      copies: index < duplicated ? COPIES : 1,
    })),
  ];
  const order = shuffled(wanted, random);
  for (const script of scripted.filter((fault) => fault !== "saturated")) {
    for (let hit = 0; hit < hits; hit++) order.splice(Math.floor(random() * order.length), 0, { script, copies: 1 });
  }
  for (let hit = 0; hit < (scripted.includes("saturated") ? hits : 0); hit++) {
    const burst = Array.from({ length: BURST }, () => ({ script: "saturated" as const, copies: 1 }));
    order.splice(Math.floor(random() * order.length), 0, ...burst);
  }
  return longOnesFirst(order, random).map(({ script, copies }, n) =>
    planOne({ ...options, n, script, copies, random }),
  );
}

/** One more task, like the plan's that succeed at once. */
export function planOne(options: {
  n: number;
  script: Script;
  copies: number;
  kinds: readonly Idempotency[];
  workMs: number;
  seed: number;
  secret: string;
  random: () => number;
}): PlannedTask {
  const { n, script, copies, kinds, seed, secret, random } = options;
  const workMs = () => Math.floor(random() * options.workMs);
  const kind = kinds[Math.floor(random() * kinds.length)] ?? "claim";
  return {
    kind,
    payload: { n, script, beforeMs: workMs(), afterMs: workMs(), secret },
    key: `chaos-${seed}-${n}`,
    copies,
  };
}

function longOnesFirst<Wanted extends { script: Script }>(order: Wanted[], random: () => number): Wanted[] {
  const isLong = ({ script }: Wanted): boolean => script === "slow" || script === "memory";
  const result = order.filter((wanted) => !isLong(wanted));
  for (const wanted of order.filter(isLong)) {
    result.splice(Math.floor(random() * result.length * LONG_ONES_WITHIN), 0, wanted);
  }
  return result;
}
