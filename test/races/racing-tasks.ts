import * as z from "zod";
import { defineRegistry } from "../../shared/contract/registry.ts";
import { defineTask } from "../../shared/contract/task-type.ts";
import { TEST_QUEUES, deployTestQueues } from "../harness/registry/test-queues.ts";

export const AUDIENCE = "https://worker.example.com";
export const INVOKER = "invoker@handoff-test.iam.gserviceaccount.com";
export const LOCATION = "projects/handoff-test/locations/europe-west1";
export const QUEUE = "default";

const common = { payload: z.strictObject({ n: z.string() }), queue: QUEUE, timeoutMs: 30_000, attempts: 5 } as const;
/** A type of each kind, whose tasks race. */
export const RACING_TASKS = {
  claim: defineTask({ ...common, type: "race.claim" }),
  transaction: defineTask({ ...common, type: "race.transaction", idempotency: "transaction" }),
  natural: defineTask({ ...common, type: "race.natural", idempotency: "natural" }),
} as const;
export type RacingKind = keyof typeof RACING_TASKS;

export const RACING_REGISTRY = defineRegistry({ queues: TEST_QUEUES, taskTypes: Object.values(RACING_TASKS) });

/** The queues as they are called where the races are. */
export const RACING_QUEUES = deployTestQueues((key) => `${key}-queue`);

/** A response to a delivery or a cancel. */
export interface Responded {
  readonly status: number;
  /** A delivery's outcome, or a cancel's state or problem code. */
  readonly says: string;
  readonly mayHaveRun?: boolean;
}
