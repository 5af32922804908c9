import * as z from "zod";
import { defineRegistry } from "../../../shared/contract/registry.ts";
import { type Idempotency, defineTask } from "../../../shared/contract/task-type.ts";
import { CHAOS_QUEUES } from "../stack/chaos-queues.ts";
import { CHAOS_SCHEDULES, scheduledTaskType } from "./schedules.ts";

/** What a task's handler does; all but `poison`, `permanent` and `dies-first` succeed in the end. */
export const SCRIPTS = [
  "ok",
  /** The first run fails. */
  "fails-first",
  "permanent",
  /** Fails for good. A replay of its dead letter succeeds. */
  "dies-first",
  /** The first run ignores its signal and lasts past its lease. */
  "slow",
  /** Every run throws. */
  "poison",
  /** The first run says that a dependency is saturated: 429. */
  "saturated",
  /** Enqueues a task of each kind, and succeeds. */
  "parent",
  /** The first run puts the task off. */
  "snoozes",
  /** The first run blocks the event loop. */
  "stall",
  /** The first run allocates memory until its process is killed for it. */
  "memory",
  /** The first run leaves a promise that rejects, and waits until it is told to stop. */
  "stray-rejection",
] as const;
export type Script = (typeof SCRIPTS)[number];

/** Attempts before a task is dead. */
export const MAX_ATTEMPTS = 5;

export const payloadSchema = z.strictObject({
  /** The task's number in the run; it identifies the task whatever its id or key. */
  n: z.int().nonnegative(),
  script: z.enum(SCRIPTS),
  /** How long the handler works before and after its effect, in milliseconds. */
  beforeMs: z.int().nonnegative(),
  afterMs: z.int().nonnegative(),
  /** Must not appear in any log. */
  secret: z.string(),
});
export type ChaosPayload = z.output<typeof payloadSchema>;

/** 2 s fit into a dispatch deadline of 15 s, together with claim, grace and settle. */
const common = { payload: payloadSchema, timeoutMs: 2_000, attempts: MAX_ATTEMPTS };

export const claimTaskType = defineTask({ ...common, type: "chaos.claim", queue: "default" });
export const transactionTaskType = defineTask({
  ...common,
  type: "chaos.transaction",
  queue: "critical",
  idempotency: "transaction",
});
export const naturalTaskType = defineTask({
  ...common,
  type: "chaos.natural",
  queue: "bulk",
  idempotency: "natural",
});

/** How long a task waits that is put off, or is tried again by its type's own backoff. In milliseconds. */
export const PUT_OFF_MS = 3_000;
const paced = { ...common, backoff: { firstMs: PUT_OFF_MS, factor: 1, maxMs: PUT_OFF_MS } };

/** The same with a backoff of their own. */
export const pacedClaimTaskType = defineTask({ ...paced, type: "chaos.claim.paced", queue: "default" });
export const pacedTransactionTaskType = defineTask({
  ...paced,
  type: "chaos.transaction.paced",
  queue: "critical",
  idempotency: "transaction",
});
export const pacedNaturalTaskType = defineTask({
  ...paced,
  type: "chaos.natural.paced",
  queue: "bulk",
  idempotency: "natural",
});

/** Chaos has its own task types: two of each kind, each kind in its own queue, and one that schedules enqueue. */
export const CHAOS_REGISTRY = defineRegistry({
  queues: CHAOS_QUEUES,
  taskTypes: [
    claimTaskType,
    transactionTaskType,
    naturalTaskType,
    pacedClaimTaskType,
    pacedTransactionTaskType,
    pacedNaturalTaskType,
    scheduledTaskType,
  ],
  schedules: CHAOS_SCHEDULES,
});

export const KINDS = ["natural", "transaction", "claim"] as const satisfies readonly Idempotency[];

/** How long a dead letter is kept: longer than any run of the chaos test. */
export const DEAD_LETTER_RETENTION_MS = 10 * 24 * 60 * 60_000;
