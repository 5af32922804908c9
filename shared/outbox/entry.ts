import * as z from "zod";
import { DELIVERY_LIMITS, type Envelope, type LaterFields, laterFieldsOf } from "../contract/envelope.ts";
import { isTypeName } from "../contract/task-type.ts";
import { type TaskId, type TaskOrigin, isTaskOrigin, parseTaskId, queueOf } from "../contract/task-id.ts";
import { JsonTextError, readJson } from "../json/read-json.ts";
import { SERVER_TIME } from "../records/field-values.ts";

/**
 * The collection of tasks and later hops that were committed and aren't in their queues yet. No entry expires: a
 * committed task is never lost.
 */
export const TASK_OUTBOX = "taskOutbox";

/** A task, or a later hop of one, that must be put into its queue. */
export interface OutboxEntry {
  readonly taskId: TaskId;
  readonly type: string;
  readonly payloadJson: string;
  /** The parts that the id is derived from. Missing on later hops, which the worker checks against the record. */
  readonly origin?: TaskOrigin | undefined;
  /** Who hands the task over. Without it, the task belongs to the operators. */
  readonly caller?: string | undefined;
  /** As RFC 3339. */
  readonly enqueuedAt: string;
  /** When the task is due, as RFC 3339. Default: at once. */
  readonly notBefore?: string | undefined;
  readonly hop: number;
  readonly parentId?: string | undefined;
  readonly replayOf?: string | undefined;
  readonly traceparent?: string | undefined;
  /** The fields of a later revision's envelope. Stored as JSON text. */
  readonly later?: LaterFields | undefined;
}

/** An entry as it is stored. */
export interface StoredEntry extends OutboxEntry {
  readonly id: string;
}

/** The number of shards. An index on the time alone would limit all writers together to about 500 a second. */
export const SHARDS = 16;

/** How many digits of the payload's hash are in the id of a new task's entry. */
const HASH_DIGITS = 16;

/** The id of a new task's entry. */
export function newTaskEntryId(taskId: TaskId, payloadHash: string): string {
  return `${taskId}.${payloadHash.slice(0, HASH_DIGITS)}`;
}

/** The id of a later hop's entry. */
export function hopEntryId(taskId: TaskId, hop: number): string {
  return `${taskId}.h${hop}`;
}

/** The id of the entry that a task's hop has or had, if it came through the outbox. */
export function entryIdOf({ id, hop = 0, payloadHash }: Pick<Envelope, "id" | "hop" | "payloadHash">) {
  return hop === 0 ? newTaskEntryId(id, payloadHash) : hopEntryId(id, hop);
}

/** The entry for a task's next hop. `notBefore` is as RFC 3339; null: due at once. */
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

/** The fields of an entry when it is first written, with Firestore's time: the application's may be a day ahead. */
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

/** The shard of an entry: the first hex digit of its id, or 0 if that isn't one. */
export function shardOf(id: string): number {
  return (Number.parseInt(id.slice(0, 1), 16) || 0) % SHARDS;
}

/** The caller and the hop are repeated in headers. */
const VISIBLE_ASCII = /^[\x21-\x7e]+$/;
const NO_CONTROLS = /^\P{Cc}+$/u;
/** No task has this many. */
const HIGHEST_HOP = 1_000_000_000;

/** A time as RFC 3339, converted to UTC. A time whose UTC year doesn't have four digits can't be delivered. */
const time = z.iso.datetime({ offset: true }).transform((text, context): string => {
  const date = new Date(text);
  const year = date.getUTCFullYear();
  if (year >= 0 && year <= 9_999) return date.toISOString();
  context.addIssue("must be a year of four digits");
  return z.NEVER;
});

const otherId = z.string().max(200).regex(NO_CONTROLS);

/** More than any later revision's envelope adds. Together with the largest payload, it fits in a task. */
const MAX_LATER_TEXT_LENGTH = 64 * 1_024;

/** Fields of an envelope as JSON text that every reader can parse. */
const laterText = z
  .string()
  .max(MAX_LATER_TEXT_LENGTH)
  .transform((text, context): LaterFields => {
    try {
      return laterFieldsOf(readJson(text, DELIVERY_LIMITS).value);
    } catch (error) {
      if (!(error instanceof JsonTextError)) throw error;
      context.addIssue("must be JSON");
      return z.NEVER;
    }
  });

/** Anything that the worker would refuse is refused here, where it can still become a dead letter. */
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
  // A task isn't refused because its trace is unreadable.
  traceparent: z.string().max(100).regex(VISIBLE_ASCII).optional().catch(undefined),
  later: laterText.optional(),
});

/** The task id at the start of an entry's id; undefined if the id has another form. */
export function taskIdOf(entryId: string): TaskId | undefined {
  return parseTaskId(entryId.slice(0, Math.max(0, entryId.lastIndexOf("."))));
}

/** The part after the dot in an entry's id. */
const ENTRY_ID_END = new RegExp(`^(?:[0-9a-f]{${HASH_DIGITS}}|h[1-9][0-9]{0,9})$`);

/** Whether a text has the form of an entry's id. Other writers can give documents any id. */
export function isEntryId(text: string): boolean {
  return taskIdOf(text) !== undefined && ENTRY_ID_END.test(text.slice(text.lastIndexOf(".") + 1));
}

/**
 * Parses an entry's document. Anybody who can write to the database can write anything there.
 *
 * @returns undefined if its id or its fields are malformed.
 */
export function parseEntry(id: string, data: unknown): StoredEntry | undefined {
  const taskId = taskIdOf(id);
  const { data: fields } = entrySchema.safeParse(data);
  return taskId && fields && { id, taskId, ...fields };
}
