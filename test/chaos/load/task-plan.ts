import type { Idempotency } from "../../../shared/contract/task-type.ts";
import { seeded } from "../../../packages/emulators/test/contract/firestore/support/seeded.ts";
import { shuffled } from "../../harness/runtime/shuffled.ts";
import { SCRIPTED_FAULTS, type ScriptedFault } from "../faults/fault-names.ts";
import type { Order } from "./orders.ts";
import { type ChaosPayload, KINDS, type Script } from "./task-types.ts";

/** A task that a run will request. */
export interface PlannedTask {
  readonly kind: Idempotency;
  readonly payload: ChaosPayload;
  readonly key: string;
  /** How often it is requested at once, under one key. */
  readonly copies: number;
  /** When it is cancelled, in milliseconds after it was accepted. Undefined: never. */
  readonly cancelAfterMs?: number;
  /** How long it waits in its queue first. */
  readonly delaySeconds: number;
  /** Whether its type has a backoff of its own. */
  readonly isPaced: boolean;
  /** Whether an application commits it to the outbox, and what else happens to it there. */
  readonly outbox?: OutboxPlan;
  /** When it is to run at once, in milliseconds after it was accepted. Undefined: never. */
  readonly runAfterMs?: number;
}

/** What happens to a task that an application commits. */
export interface OutboxPlan {
  /** How its transaction fails on purpose. */
  readonly rollBack: Order["rollBack"];
  /** Whether another payload is committed under its key once it has ended. */
  readonly isContested: boolean;
}

const COPIES = 4;
/** The part of the tasks that succeed at once, or are parents, that an application commits. */
const OUTBOX_SHARE = 0.35;
/** Of these, the parts that are rolled back, whose keys are used again for something else, and that are delayed. */
const ROLLED_BACK_SHARE = 0.15;
const CONTESTED_SHARE = 0.15;
const DELAYED_SHARE = 0.15;
/** The delay of such a task, and how many of them are told to run before that. */
const DELAY_SECONDS = 3;
const RUN_NOW_SHARE = 0.5;
/** The part of the tasks with a first failure, or a permanent one, whose type has a backoff of its own. */
const PACED_SHARE = 0.3;
/** Past the end of most tasks, and the second that some are delayed. */
const LATEST_CANCEL_MS = 3_000;
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
  ["parent", 5],
  ["snoozes", 3],
];
const DUPLICATE_KEYS_HUNDREDTHS = 5;

/** The tasks of a run, in the order in which they are requested. The seed determines everything. */
export function planTasks(options: {
  tasks: number;
  kinds: readonly Idempotency[];
  /** Whether all tasks have the same script, and none anything else that is unusual. */
  plain: boolean;
  /** That script. */
  script: Script;
  /** Whether an application commits the tasks of a plain run, and another payload under their keys once they have ended. */
  contested: boolean;
  /** Handlers work for up to this many milliseconds before and after their effect. */
  workMs: number;
  /** What some tasks do to their worker. */
  scripted: readonly ScriptedFault[];
  /** How many tasks do each of these, and how many bursts are saturated. */
  hits: number;
  /** How many of a hundred tasks are cancelled. */
  cancels: number;
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
  const children = KINDS.length * scripts.filter((script) => script === "parent").length;
  const good = Math.max(duplicated, tasks - scripts.length - children);
  const wanted = [
    ...scripts.map((script) => ({ script, copies: 1 })),
    ...Array.from({ length: good }, (_, index) => ({
      script: plain ? options.script : ("ok" as const),
      copies: index < duplicated && !options.contested ? COPIES : 1,
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
  return longOnesFirst(order, random)
    .map(({ script, copies }, n) => planOne({ ...options, n, script, copies, random }))
    .map((task) => (plain ? planPlain(task, options) : planOutbox(task, random)))
    .map((task) => (random() * 100 < options.cancels ? planCancel(task, random) : task));
}

function planPlain(task: PlannedTask, { contested }: { readonly contested: boolean }): PlannedTask {
  return contested ? { ...task, outbox: { rollBack: null, isContested: true } } : task;
}

/** Some tasks come by the outbox, and some of a type with its own backoff. Duplicate keys are the API's. */
function planOutbox(task: PlannedTask, random: () => number): PlannedTask {
  const { kind, copies } = task;
  const { script } = task.payload;
  if (script === "fails-first") return { ...task, isPaced: random() < PACED_SHARE };
  const isSuitable = copies === 1 && (script === "ok" || script === "parent" || script === "snoozes");
  if (!isSuitable || random() >= OUTBOX_SHARE) return task;
  const chance = random();
  if (chance < ROLLED_BACK_SHARE && script === "ok") {
    return { ...task, outbox: { rollBack: random() < 1 / 2 ? "throw" : "refused", isContested: false } };
  }
  // A natural task that has succeeded leaves nothing that another payload could contradict.
  const isContested = kind !== "natural" && chance > 1 - CONTESTED_SHARE;
  const outbox = { rollBack: null, isContested };
  if (isContested || random() >= DELAYED_SHARE) return { ...task, outbox };
  const delayed = { ...task, outbox, delaySeconds: DELAY_SECONDS };
  return random() < RUN_NOW_SHARE ? { ...delayed, runAfterMs: Math.floor(random() * DELAY_SECONDS * 1_000) } : delayed;
}

/**
 * Half of the tasks that are cancelled are delayed, so that the cancel may come before they are due. Those that are to do
 * something to their worker have to run.
 */
function planCancel(task: PlannedTask, random: () => number): PlannedTask {
  const mustRun = SCRIPTED_FAULTS.some((fault) => fault === task.payload.script);
  if (mustRun || task.outbox?.rollBack || task.outbox?.isContested) return task;
  const cancelAfterMs = Math.floor(random() ** 2 * LATEST_CANCEL_MS);
  const delaySeconds = random() < 1 / 2 ? task.delaySeconds : 1;
  return { ...task, cancelAfterMs, delaySeconds };
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
    delaySeconds: 0,
    isPaced: false,
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
