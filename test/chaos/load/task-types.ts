import { z } from "zod";
import { createCatalogue } from "../../../shared/contract/registry.ts";
import { type Idempotency, defineTask } from "../../../shared/contract/task-type.ts";

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
const chaosTask = <const Kind extends Idempotency>(idempotency: Kind, queue: "critical" | "default" | "bulk") =>
  defineTask({
    type: `chaos.${idempotency}`,
    payload: payloadSchema,
    queue,
    idempotency,
    timeoutMs: 2_000,
    attempts: MAX_ATTEMPTS,
  });

export const claimTaskType = chaosTask("claim", "default");
export const transactionTaskType = chaosTask("transaction", "critical");
export const naturalTaskType = chaosTask("natural", "bulk");

/** The chaos' own task types, one of each kind. */
export const CHAOS_TASK_TYPES = createCatalogue([claimTaskType, transactionTaskType, naturalTaskType]);

export const KINDS = ["natural", "transaction", "claim"] as const satisfies readonly Idempotency[];
