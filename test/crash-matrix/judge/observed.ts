import type { DocumentSnapshot, Firestore } from "@google-cloud/firestore";
import { isDeepStrictEqual } from "node:util";
import type { Envelope } from "../../../shared/contract/envelope.ts";
import { conflictLetterId, deadLetterId } from "../../../shared/records/letters/dead-letter.ts";
import { DEAD_LETTERS } from "../../../shared/records/letters/dead-letter.ts";
import { TASK_RECORDS, type TaskRecord, isTerminal, parseTaskRecord } from "../../../shared/records/task-record.ts";
import { problemOfLog } from "../../harness/worker/logged-attempts.ts";
import type { Ending } from "../process/ending.ts";

/** A task's record and its letters at one moment. */
export interface Seen {
  readonly record: TaskRecord | null;
  readonly writtenAt: string;
  readonly hasLetter: boolean;
  /** Whether the other payload delivered under the task's id has its letter. */
  readonly hasConflictLetter: boolean;
}

/** Watches one task's record, and collects violations. */
export class Observer {
  readonly violations: string[] = [];
  readonly #db: Firestore;
  readonly #task: Envelope;
  readonly #delivered: Envelope;
  #last: Seen | null = null;

  constructor(db: Firestore, told: { task: Envelope; delivered: Envelope }) {
    this.#db = db;
    this.#task = told.task;
    this.#delivered = told.delivered;
  }

  /** Checks the record: its fence only grows, one fence has one owner, and a terminal record never changes. */
  async look(): Promise<Seen> {
    const { id } = this.#task;
    const letters = this.#db.collection(DEAD_LETTERS);
    const [record, letter, conflictLetter] = await this.#db.getAll(
      this.#db.collection(TASK_RECORDS).doc(id),
      letters.doc(deadLetterId(id)),
      letters.doc(conflictLetterId(id, this.#delivered.payloadHash)),
    );
    const now = {
      record: record?.exists ? parseTaskRecord(record.data()) : null,
      writtenAt: writeTimeOf(record),
      hasLetter: letter?.exists ?? false,
      hasConflictLetter: conflictLetter?.exists ?? false,
    };
    this.violations.push(...logViolationsOf(now, letter));
    if (this.#last) this.violations.push(...violationsOf(this.#last, now));
    this.#last = now;
    return now;
  }

  /** Checks a response against the record: what is acknowledged has ended, durably. */
  async check({ status, outcome }: Ending, delivered: Envelope): Promise<void> {
    const { record, hasLetter, hasConflictLetter } = await this.look();
    if (status !== 200) return;
    if (outcome === "dead" && delivered.payloadHash !== this.#task.payloadHash) {
      if (!hasConflictLetter) this.violations.push("acknowledged without the other payload's letter");
      return;
    }
    const mayHaveNone = this.#task.type === "matrix.natural" && outcome === "done";
    if (mayHaveNone) return;
    if (!record || !isTerminal(record.state)) {
      this.violations.push(`acknowledged while ${record?.state ?? "unrecorded"}`);
    }
    if (outcome === "done" && record?.state !== "succeeded") this.violations.push("answered done, which it was not");
    if (outcome === "dead" && record?.state !== "dead") this.violations.push("answered dead, which it was not");
    if (record?.state === "dead" && !hasLetter) this.violations.push("acknowledged without its letter");
  }

  /** Checks the response to a cancel against the record: what it says is durable. */
  async checkCancel({ status }: Ending): Promise<void> {
    const { record } = await this.look();
    const holds = {
      200: record?.state === "cancelled",
      202: record?.cancelRequestedAt !== undefined,
      409: record?.state === "succeeded" || record?.state === "dead",
      503: true,
    }[status];
    if (!holds) this.violations.push(`a cancel was answered ${status}, and the record is ${record?.state ?? "none"}`);
  }
}

function* violationsOf(before: Seen, now: Seen): Generator<string> {
  if (!before.record) return;
  if (!now.record) yield "the record is gone";
  else if (isTerminal(before.record.state) && now.writtenAt !== before.writtenAt) {
    yield `a record that was ${before.record.state} was written again, and is ${now.record.state}`;
  } else if (now.record.fence < before.record.fence) yield "the fence shrank";
  else if (now.record.fence === before.record.fence && now.record.owner !== before.record.owner) {
    yield "an attempt wrote over another's";
  }
}

/** The log tells of each attempt once, and the letter has the log that the record has. */
function* logViolationsOf({ record, hasLetter }: Seen, letter: DocumentSnapshot | undefined): Generator<string> {
  if (!record) return;
  const { attemptLog = [] } = record;
  const told = attemptLog.map(({ attempt, outcome }) => ({ attempt, outcome }));
  const problem = problemOfLog(told, record);
  if (problem) yield `the log ${problem}`;
  if (hasLetter && !isDeepStrictEqual(letter?.get("attemptLog"), attemptLog)) yield "the letter has another log";
}

function writeTimeOf(snapshot: DocumentSnapshot | undefined): string {
  const time = snapshot?.updateTime;
  return time ? `${time.seconds}.${time.nanoseconds}` : "never";
}
