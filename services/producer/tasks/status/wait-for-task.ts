import { isMarkedNatural } from "../../../../shared/contract/task-id.ts";
import type { TaskRecord } from "../../../../shared/records/task-record.ts";
import { LOOK_UP_TIMEOUT_MS } from "../../producer.ts";
import type { TaskRecords } from "../task-records.ts";
import { type LookUp, type LookUpProducer, lookUp, lookUpRecorded } from "./look-up.ts";
import { RecordWatch } from "./record-watch.ts";
import type { TaskFacts } from "./task-status.ts";

/** How long to wait for a task, and for what. */
export interface WaitForTask<Told> {
  readonly waitMs: number;
  /** Fires when nothing waits any more. */
  readonly ended: AbortSignal;
  /** What is told about the task. */
  readonly tell: (facts: TaskFacts) => Promise<Told>;
  /** Whether that is worth a response. */
  readonly isEnough: (told: Told) => boolean;
}

type WaitingProducer = Omit<LookUpProducer, "records"> & { readonly records: Pick<TaskRecords, "find" | "watch"> };

const FIRST_POLL_MS = 250;
const MAX_POLL_MS = 4_000;

/**
 * Looks a task up until there is enough to tell, or time is up. Then it is looked up once more, so that what is told is the
 * state at the end.
 *
 *     listen to the record ──▶ look up ──▶ enough? ── no ──▶ the record changes, time is up, or
 *                                 ▲                          nothing is recorded and the queue's turn has come
 *                                 └───────────────────────────┘
 *
 * With its record, that takes one read, and one for each change of it; Firestore counts listeners that way
 * (https://cloud.google.com/firestore/docs/pricing). Without one, or for a task of a natural type, whose end leaves none, the
 * queue is asked again and again, ever more slowly. The listener stays open, in case there is a record meanwhile.
 *
 * @throws DependencyError if the queue or Firestore fails.
 */
export async function waitForTask<Told>(
  task: LookUp,
  wait: WaitForTask<Told>,
  producer: WaitingProducer,
): Promise<Told> {
  const { clock, records } = producer;
  const untilMs = clock.monotonic() + wait.waitMs;
  const over = AbortSignal.any([task.signal, wait.ended]);
  const watch = new RecordWatch(task.id, records);
  try {
    for (let polls = 0; ; polls++) {
      const isLast = over.aborted || clock.monotonic() >= untilMs;
      const record = await watch.latest({ clock, timeoutMs: LOOK_UP_TIMEOUT_MS, signal: task.signal });
      const told = await wait.tell(await lookUpFrom(record, task, producer));
      if (isLast || wait.isEnough(told)) return told;
      const leftMs = untilMs - clock.monotonic();
      const isToPoll = !record || isMarkedNatural(task.id);
      const timeoutMs = isToPoll ? Math.min(leftMs, FIRST_POLL_MS * 2 ** polls, MAX_POLL_MS) : leftMs;
      await watch.changed({ clock, timeoutMs, signal: over });
    }
  } finally {
    watch.stop();
  }
}

/** Looks a task up with what is known of its record. Whatever that leaves open is read again, past the listener. */
function lookUpFrom(record: TaskRecord | undefined, task: LookUp, producer: WaitingProducer): Promise<TaskFacts> {
  if (record) return lookUpRecorded(record, task, producer);
  let isFirst = true;
  const find: TaskRecords["find"] = async (...args) => {
    if (!isFirst) return await producer.records.find(...args);
    isFirst = false;
    return undefined;
  };
  return lookUp(task, { ...producer, records: { find } });
}
