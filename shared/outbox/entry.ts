import { z } from "zod";
import { DELIVERY_LIMITS, type Envelope, type LaterFields, laterFieldsOf } from "../contract/envelope.ts";
import { isTypeName } from "../contract/task-type.ts";
import { type TaskId, type TaskOrigin, isTaskOrigin, parseTaskId, queueOf } from "../contract/task-id.ts";
import { JsonTextError, readJson } from "../json/read-json.ts";
import { SERVER_TIME } from "../records/field-values.ts";

/**
 * The collection of tasks, and of later hops of tasks, that were committed and aren't in their queues yet. No entry
 * expires: what was committed is never lost.
 */
export const TASK_OUTBOX = "taskOutbox";

/** A task, or a later hop of one, that is to be put into its queue. */
export interface OutboxEntry {
  readonly taskId: TaskId;
  readonly type: string;
  readonly payloadJson: string;
  /** What the id is derived from. Missing on later hops, which the worker checks against the record. */
  readonly origin?: TaskOrigin | undefined;
  /** Who hands the task over. Without it, the task is the operators'. */
  readonly caller?: string | undefined;
  /** As RFC 3339. */
  readonly enqueuedAt: string;
  /** When the task is due, as RFC 3339. Default: at once. */
  readonly notBefore?: string | undefined;
  readonly hop: number;
  readonly parentId?: string | undefined;
  readonly replayOf?: string | undefined;
  readonly traceparent?: string | undefined;
  /** What a later revision's envelope said besides. Stored as JSON text. */
  readonly later?: LaterFields | undefined;
}

/** An entry as it is stored. */
export interface StoredEntry extends OutboxEntry {
  readonly id: string;
}

/** How many parts the outbox has. An index on the time alone would hold all writers together to about 500 a second. */
export const SHARDS = 16;

/** How many digits of its payload's hash the id of a new task's entry has. */
const HASH_DIGITS = 16;

/** The entry of a task that is new. */
export function newTaskEntryId(taskId: TaskId, payloadHash: string): string {
  return `${taskId}.${payloadHash.slice(0, HASH_DIGITS)}`;
}

/** The entry of a later hop. */
export function hopEntryId(taskId: TaskId, hop: number): string {
  return `${taskId}.h${hop}`;
}

/** The entry that a task's hop has, or had, if it came by the outbox. */
export function entryIdOf({ id, hop = 0, payloadHash }: Pick<Envelope, "id" | "hop" | "payloadHash">) {
  return hop === 0 ? newTaskEntryId(id, payloadHash) : hopEntryId(id, hop);
}

/** The entry of a task's next hop. `notBefore` is as RFC 3339; null: due at once. */
export function hopEntry(
  { id, type, payload, caller, enqueuedAt, parentId, replayOf, traceparent, later }: Envelope & { readonly id: TaskId },
  { hop, notBefore }: { readonly hop: number; readonly notBefore: string | null },
): OutboxEntry {
  return {
    taskId: id,
    type,
    payloadJson: JSON.stringify(payload),
    caller,
    enqueuedAt,
    notBefore: notBefore ?? undefined,
    hop,
    parentId,
    replayOf,
    traceparent,
    later,
  };
}

/** The fields of an entry's document when it is first written. The application's clock may be a day ahead. */
export function entryFields({ taskId, later, ...entry }: OutboxEntry): Readonly<Record<string, unknown>> {
  const given = Object.entries(entry).filter(([, value]) => value !== undefined);
  return {
    ...Object.fromEntries(given),
    ...(later === undefined ? {} : { later: JSON.stringify(later) }),
    queue: queueOf(taskId),
    shard: shardOf(taskId),
    relayAt: SERVER_TIME,
    tries: 0,
  };
}

/** In which part of the outbox an entry is: by the first digit of its id, and in the first part if that is none. */
export function shardOf(id: string): number {
  return (Number.parseInt(id.slice(0, 1), 16) || 0) % SHARDS;
}

/** A header repeats the caller, and another one the hop. */
const VISIBLE_ASCII = /^[\x21-\x7e]+$/;
const NO_CONTROLS = /^\P{Cc}+$/u;
/** No task has so many. */
const HIGHEST_HOP = 1_000_000_000;

/** A time as RFC 3339, in UTC whatever its offset. One that leaves the four-digit years by that can't be delivered. */
const time = z.iso.datetime({ offset: true }).transform((text, context): string => {
  const date = new Date(text);
  const year = date.getUTCFullYear();
  if (year >= 0 && year <= 9_999) return date.toISOString();
  context.addIssue("must be a year of four digits");
  return z.NEVER;
});

const otherId = z.string().max(200).regex(NO_CONTROLS);

/** No later revision's envelope says so much. Together with the largest payload, it fits a task. */
const LONGEST_LATER_TEXT = 64 * 1_024;

/** Fields of an envelope as JSON text, which whoever delivers them can read. */
const laterText = z
  .string()
  .max(LONGEST_LATER_TEXT)
  .transform((text, context): LaterFields => {
    try {
      return laterFieldsOf(readJson(text, DELIVERY_LIMITS).value);
    } catch (error) {
      if (!(error instanceof JsonTextError)) throw error;
      context.addIssue("must be JSON");
      return z.NEVER;
    }
  });

/** What the worker would refuse to take is refused here, where it can still become a dead letter. */
const entrySchema = z.object({
  type: z.string().refine(isTypeName),
  payloadJson: z.string(),
  origin: z.custom<TaskOrigin>(isTaskOrigin).optional(),
  caller: z.string().max(320).regex(VISIBLE_ASCII).optional(),
  enqueuedAt: time,
  notBefore: time.optional(),
  hop: z.int().nonnegative().max(HIGHEST_HOP).default(0),
  parentId: otherId.optional(),
  replayOf: otherId.optional(),
  // A task isn't worth less for a trace that nobody can read.
  traceparent: z.string().max(100).regex(VISIBLE_ASCII).optional().catch(undefined),
  later: laterText.optional(),
});

/** The task id that an entry's id begins with; undefined if it has another form. */
export function taskIdOf(entryId: string): TaskId | undefined {
  return parseTaskId(entryId.slice(0, Math.max(0, entryId.lastIndexOf("."))));
}

/** What stands behind the dot in an entry's id. */
const ENTRY_ID_END = new RegExp(`^(?:[0-9a-f]{${HASH_DIGITS}}|h[1-9][0-9]{0,9})$`);

/** Whether a text is an entry's id by its form. What others write into the outbox may have any other. */
export function isEntryId(text: string): boolean {
  return taskIdOf(text) !== undefined && ENTRY_ID_END.test(text.slice(text.lastIndexOf(".") + 1));
}

/**
 * An entry from its document. Whoever may write the database can write anything there.
 *
 * @returns undefined if its id or its fields are malformed.
 */
export function parseEntry(id: string, data: unknown): StoredEntry | undefined {
  const taskId = taskIdOf(id);
  const { data: fields } = entrySchema.safeParse(data);
  return taskId && fields && { id, taskId, ...fields };
}
