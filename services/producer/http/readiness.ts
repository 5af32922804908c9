import type { Clock } from "../../../shared/runtime/clock.ts";
import type { Deadline } from "../../../shared/runtime/deadline.ts";
import type { Producer } from "../producer.ts";

/** One thing that has to work before requests can be served. */
interface Check {
  readonly name: string;
  /** Rejects when it doesn't work. */
  run(deadline: Deadline): Promise<void>;
}

/** How long a dependency has to answer. */
export const READY_WITHIN_MS = 2_000;
/** How long an answer is repeated without asking again, so that probes cost little. */
const REMEMBERED_MS = 5_000;

/** Makes a question that is answered with the names of the dependencies that don't work, none when all do. */
export function createReadiness(producer: Producer): () => Promise<readonly string[]> {
  const { clock, queue, records, registry } = producer;
  const checks: Check[] = [
    { name: "firestore", run: (deadline) => records.probe(deadline) },
    ...[...registry.queues.keys()].map((key) => ({
      name: `queue ${key}`,
      run: (deadline: Deadline) => queue.probe(key, deadline),
    })),
  ];
  let asked: { readonly atMs: number; readonly answer: Promise<readonly string[]> } | undefined;
  return () => {
    if (!asked || clock.now() - asked.atMs >= REMEMBERED_MS) {
      asked = { atMs: clock.now(), answer: findFailing(checks, clock) };
    }
    return asked.answer;
  };
}

async function findFailing(checks: readonly Check[], clock: Clock): Promise<readonly string[]> {
  // The answer is shared by all who ask, so none of them may end the wait.
  const deadline = { clock, timeoutMs: READY_WITHIN_MS, signal: new AbortController().signal };
  const outcomes = await Promise.allSettled(checks.map((check) => check.run(deadline)));
  return checks.filter((_, index) => outcomes[index]?.status === "rejected").map(({ name }) => name);
}
