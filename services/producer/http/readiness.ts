import type { Clock } from "../../../shared/runtime/clock.ts";
import type { Deadline } from "../../../shared/runtime/deadline.ts";
import { reuse } from "./reused.ts";
import type { Producer } from "../producer.ts";

/** A dependency that must work before requests can be served. */
interface Check {
  readonly name: string;
  /** Rejects if the dependency doesn't work. */
  run(deadline: Deadline): Promise<void>;
}

/** How long a dependency has to respond. */
export const CHECK_TIMEOUT_MS = 2_000;
/** How long a result is reused, so that probes cost little. */
const REUSE_MS = 5_000;

/** Makes a function that returns the names of the dependencies that don't work; empty if all do. */
export function createReadiness(producer: Producer): () => Promise<readonly string[]> {
  const { clock, queue, records, registry } = producer;
  const checks: Check[] = [
    { name: "firestore", run: (deadline) => records.probe(deadline) },
    ...[...registry.queues.keys()].map((key) => ({
      name: `queue ${key}`,
      run: (deadline: Deadline) => queue.probe(key, deadline),
    })),
  ];
  return reuse(() => findFailing(checks, clock), { clock, forMs: REUSE_MS });
}

async function findFailing(checks: readonly Check[], clock: Clock): Promise<readonly string[]> {
  // Without a signal: several callers share the result, so none of them may end the wait.
  const deadline = { clock, timeoutMs: CHECK_TIMEOUT_MS };
  const outcomes = await Promise.allSettled(checks.map((check) => check.run(deadline)));
  return checks.filter((_, index) => outcomes[index]?.status === "rejected").map(({ name }) => name);
}
