import type { DocumentSnapshot, Firestore } from "@google-cloud/firestore";
import { DEAD_LETTERS, conflictLetterId, deadLetterId } from "../../../../shared/records/dead-letter.ts";
import { TASK_RECORDS, type TaskRecord, isTerminal, parseTaskRecord } from "../../../../shared/records/task-record.ts";
import type { Envelope } from "../../../../shared/envelope.ts";
import type { Ending } from "./worker-process.ts";

interface Seen {
  readonly record: TaskRecord;
  readonly writtenAt: string;
}

/** Watches one task's record, and keeps what should not have happened to it. */
export class Witness {
  readonly violations: string[] = [];
  readonly #db: Firestore;
  readonly #task: Envelope;
  #last: Seen | null = null;

  constructor(db: Firestore, task: Envelope) {
    this.#db = db;
    this.#task = task;
  }

  /** Looks at the record: its fence only grows, one fence has one owner, and a terminal record never changes. */
  async look(): Promise<TaskRecord | null> {
    const now = seen(await this.#db.collection(TASK_RECORDS).doc(this.#task.id).get());
    const before = this.#last;
    this.#last = now;
    if (!before) return now?.record ?? null;
    if (!now) this.violations.push("the record is gone");
    else if (isTerminal(before.record.state) && now.writtenAt !== before.writtenAt) {
      this.violations.push(`a record that was ${before.record.state} was written again: ${now.record.state}`);
    } else if (now.record.fence < before.record.fence) this.violations.push("the fence shrank");
    else if (now.record.fence === before.record.fence && now.record.owner !== before.record.owner) {
      this.violations.push("an attempt wrote over another's");
    }
    return now?.record ?? null;
  }

  /** Holds an answer against the record: what is acknowledged has ended for good, durably. */
  async check({ status, outcome }: Ending, delivered: Envelope): Promise<void> {
    const record = await this.look();
    if (status !== 200) return;
    if (outcome === "dead" && delivered.payloadHash !== this.#task.payloadHash) {
      const id = conflictLetterId(delivered.id, delivered.payloadHash);
      if (!(await this.#letterExists(id))) this.violations.push("acknowledged without the other payload's letter");
      return;
    }
    const mayHaveNone = this.#task.type === "matrix.natural" && outcome === "done";
    if (mayHaveNone) return;
    if (!record || !isTerminal(record.state)) this.violations.push(`acknowledged while ${record?.state ?? "unrecorded"}`);
    if (outcome === "done" && record?.state !== "succeeded") this.violations.push("answered done, which it was not");
    if (outcome === "dead" && record?.state !== "dead") this.violations.push("answered dead, which it was not");
    if (record?.state === "dead" && !(await this.#letterExists(deadLetterId(this.#task.id)))) {
      this.violations.push("acknowledged without its letter");
    }
  }

  /** How many letters the task has, those of other payloads included. */
  async countLetters(): Promise<number> {
    const { size } = await this.#db.collection(DEAD_LETTERS).where("taskId", "==", this.#task.id).get();
    return size;
  }

  async #letterExists(id: string): Promise<boolean> {
    return (await this.#db.collection(DEAD_LETTERS).doc(id).get()).exists;
  }
}

function seen(snapshot: DocumentSnapshot): Seen | null {
  if (!snapshot.exists || !snapshot.updateTime) return null;
  const { seconds, nanoseconds } = snapshot.updateTime;
  return { record: parseTaskRecord(snapshot.data()), writtenAt: `${seconds}.${nanoseconds}` };
}
