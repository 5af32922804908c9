import { TASK_OUTBOX } from "../outbox/entry.ts";
import { TASK_SCHEDULES } from "../schedules/task-schedules.ts";
import { DEAD_LETTERS } from "./letters/dead-letter.ts";
import { TASK_RECORDS } from "./task-record.ts";

/** The names of Handoff's collections in a database. */
export interface Collections {
  readonly taskRecords: string;
  readonly deadLetters: string;
  readonly taskOutbox: string;
  readonly taskSchedules: string;
}

/** The collections' names with a prefix, which may be empty. */
export function prefixedCollections(prefix: string): Collections {
  return {
    taskRecords: `${prefix}${TASK_RECORDS}`,
    deadLetters: `${prefix}${DEAD_LETTERS}`,
    taskOutbox: `${prefix}${TASK_OUTBOX}`,
    taskSchedules: `${prefix}${TASK_SCHEDULES}`,
  };
}
