import { pacificTime } from "../new-task.ts";
import { invalidArgument } from "../service-errors.ts";

/** https://github.com/googleapis/google-cloud-go/issues/1577 */
const MAX_DEADLINE_MS = 30_000;

/**
 * Refuses a call that would wait longer than the service allows. Deadlines are by the wall clock.
 *
 * @throws RpcError INVALID_ARGUMENT in the service's words.
 */
export function refuseFarDeadline({ deadlineMs }: { readonly deadlineMs: number }): void {
  // A client that sets no deadline waits for ever, and is served.
  if (!Number.isFinite(deadlineMs) || deadlineMs - Date.now() <= MAX_DEADLINE_MS) return;
  const deadline = { seconds: Math.floor(deadlineMs / 1000), nanos: (Math.floor(deadlineMs) % 1000) * 1_000_000 };
  throw invalidArgument(
    `The request deadline is ${pacificTime(deadline)}. The deadline cannot be more than 30s in the future.`,
  );
}
