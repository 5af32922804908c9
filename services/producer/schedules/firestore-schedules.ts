import { type DocumentData, type DocumentSnapshot, Timestamp } from "@google-cloud/firestore";
import * as z from "zod";
import { entryFields, newTaskEntryId } from "../../../shared/outbox/entry.ts";
import type { Documents } from "../../../shared/records/documents.ts";
import { SERVER_TIME } from "../../../shared/records/field-values.ts";
import { RecordStoreError } from "../../../shared/records/record-store-error.ts";
import { NEW_STATE, type ScheduleChange, type ScheduleState, type StateUpdate, updateOf } from "./schedule-state.ts";
import type { ReadSchedule, ScheduleStore } from "./schedule-store.ts";

/** More than the schedules that are defined or were ever removed. */
const MAX_SCHEDULES = 2_000;

/** Statuses of a conditional write after a change: NOT_FOUND, ALREADY_EXISTS, FAILED_PRECONDITION. */
const CHANGED_SINCE = new Set([5, 6, 9]);

/** The schedules' states as documents, each with its schedule's name as its id. */
export function firestoreSchedules(documents: Documents): ScheduleStore {
  return {
    async list(untilMs) {
      const query = documents.schedules().limit(MAX_SCHEDULES);
      const { docs, readTime } = await documents.within(untilMs, () => query.get());
      return { nowMs: readTime.toMillis(), byName: new Map(docs.map((document) => [document.id, readFrom(document)])) };
    },
    commit: async (change, { name, read }, untilMs) =>
      await unlessChanged(async () => {
        const writeTime = await documents.within(untilMs, () => commit(change, { name, read, documents }));
        return { state: stateAfter(change, read, writeTime), version: writeTime };
      }),
  };
}

async function commit(
  change: ScheduleChange,
  on: { readonly name: string; readonly read: ReadSchedule | undefined; readonly documents: Documents },
): Promise<Timestamp> {
  const { name, read, documents } = on;
  const batch = documents.db.batch();
  const ref = documents.schedules().doc(name);
  const update = updateOf(change);
  if (!read) batch.create(ref, fieldsOf({ ...NEW_STATE, ...update }));
  else if (read.version instanceof Timestamp) batch.update(ref, fieldsOf(update), { lastUpdateTime: read.version });
  else throw new TypeError("A schedule's version must be the update time of its document.");
  if (change.kind === "fire") {
    const { entry, payloadHash } = change.task;
    batch.set(documents.entries().doc(newTaskEntryId(entry.taskId, payloadHash)), entryFields(entry));
  }
  const [first] = await batch.commit();
  if (!first) throw new Error("A commit has no time.");
  return first.writeTime;
}

function fieldsOf({
  cron,
  timeZone,
  startsNow,
  lastFiredAtMs,
  lastTaskId,
  isPaused,
  isOff,
}: StateUpdate): DocumentData {
  const fields = {
    cron,
    timeZone,
    startedAt: startsNow ? SERVER_TIME : undefined,
    lastFiredAt: typeof lastFiredAtMs === "number" ? Timestamp.fromMillis(lastFiredAtMs) : lastFiredAtMs,
    lastTaskId,
    paused: isPaused,
    off: isOff,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** Anybody who can write to the database can write anything there. An unreadable state counts as never started. */
const documentSchema = z.object({
  cron: z.string().catch(""),
  timeZone: z.string().catch(""),
  startedAt: z.instanceof(Timestamp).optional().catch(undefined),
  lastFiredAt: z.instanceof(Timestamp).nullable().catch(null),
  lastTaskId: z.string().nullable().catch(null),
  paused: z.boolean().catch(false),
  off: z.boolean().catch(false),
});

function readFrom(document: DocumentSnapshot): ReadSchedule {
  const { cron, timeZone, startedAt, lastFiredAt, lastTaskId, paused, off } = documentSchema.parse(document.data());
  const lastFiredAtMs = lastFiredAt?.toMillis() ?? null;
  const startedAtMs = startedAt?.toMillis() ?? Number.POSITIVE_INFINITY;
  const state = { cron, timeZone, startedAtMs, lastFiredAtMs, lastTaskId, isPaused: paused, isOff: off };
  return { state, version: document.updateTime };
}

function stateAfter(change: ScheduleChange, read: ReadSchedule | undefined, writeTime: Timestamp): ScheduleState {
  const { startsNow, ...update } = updateOf(change);
  const nowMs = writeTime.toMillis();
  const before = read?.state ?? { ...NEW_STATE, cron: "", timeZone: "", startedAtMs: nowMs };
  return { ...before, ...update, ...(startsNow ? { startedAtMs: nowMs } : {}) };
}

async function unlessChanged<Result>(write: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof RecordStoreError && CHANGED_SINCE.has(error.status ?? 0)) return undefined;
    throw error;
  }
}
