import { ABORT_GRACE_MS, leaseMsOf } from "../../../shared/contract/queues.ts";
import { TEST_QUEUES } from "../../harness/registry/test-queues.ts";
import { MATRIX_TASKS } from "../process/matrix-handlers.ts";

/** By then a delivery has been answered, whatever Firestore and its handler do, in milliseconds. */
export const STEP_MS = MATRIX_TASKS.claim.timeoutMs + ABORT_GRACE_MS;

/** A transaction loses its locks after a minute without activity. */
const LOCKS_LOST_MS = 60_000;

/** Longer than a lease and longer than locks last, in milliseconds. */
export const AWAY_MS = Math.max(leaseMsOf(TEST_QUEUES.default), LOCKS_LOST_MS) + 6_000;
