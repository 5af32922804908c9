import { z } from "zod";
import { defineRegistry } from "../../../shared/contract/registry.ts";
import { type Idempotency, defineTask } from "../../../shared/contract/task-type.ts";
import { CHAOS_QUEUES } from "../stack/chaos-queues.ts";

/** What a task's handler does; all but `poison` and `permanent` succeed in the end. */
export const SCRIPTS = [
  "ok",
  /** The first run fails. */
  "fails-first",
  "permanent",
  /** The first run ignores its signal and lasts past its lease. */
  "slow",
  /** Every run throws. */
  "poison",
  /** The first run says that a dependency is saturated: 429. */
  "saturated",
  /** The first run blocks the event loop. */
  "stall",
  /** The first run takes memory until its process is killed for it. */
  "memory",
] as const;
export type Script = (typeof SCRIPTS)[number];

/** Handlers' attempts before a task is dead. */
export const MAX_ATTEMPTS = 5;

const payloadSchema = z.strictObject({
  /** The task's number in the run: what it is known by outside, whatever becomes of ids and keys. */
  n: z.int().nonnegative(),
  script: z.enum(SCRIPTS),
  /** How long the handler works before and after its effect, in milliseconds. */
  beforeMs: z.int().nonnegative(),
  afterMs: z.int().nonnegative(),
  /** Must turn up in no log. */
  secret: z.string(),
});
export type ChaosPayload = z.output<typeof payloadSchema>;

/** 2 s fit 15 s of dispatch deadline, with claiming, grace and settling. */
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

/** The chaos' own task types, one of each kind, each in a queue of its own. */
export const CHAOS_REGISTRY = defineRegistry({
  queues: CHAOS_QUEUES,
  taskTypes: [claimTaskType, transactionTaskType, naturalTaskType],
});

export const KINDS = ["natural", "transaction", "claim"] as const satisfies readonly Idempotency[];
