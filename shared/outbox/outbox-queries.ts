import { type CollectionReference, FieldPath, type Query, type Timestamp } from "@google-cloud/firestore";
import type { TaskId } from "../contract/task-id.ts";
import { SHARDS } from "./entry.ts";

/** How many entries are on a page of the sweep. */
export const ENTRIES_PER_PAGE = 300;

const ALL_SHARDS = Array.from({ length: SHARDS }, (_, shard) => shard);

/**
 * A page of the entries that should have been relayed by a time, the oldest first. It holds only their ids, since an
 * instance has no room for 300 payloads at once.
 */
export function entriesDueBy(entries: CollectionReference, by: Timestamp): Query {
  const due = entries.where("shard", "in", ALL_SHARDS).where("relayAt", "<=", by);
  return due.orderBy("relayAt").limit(ENTRIES_PER_PAGE).select();
}

/**
 * The entry that is due first. Only this query finds entries whose `relayAt` is null, a boolean or a number, which sort
 * before all times (https://firebase.google.com/docs/firestore/manage-data/data-types#value_type_ordering).
 */
export function firstEntry(entries: CollectionReference): Query {
  return entries.where("shard", "in", ALL_SHARDS).orderBy("relayAt").limit(1).select("relayAt");
}

/** The entries of a task, by a range of ids: the part after the dot is visible ASCII. That needs no index. */
export function entriesOf(entries: CollectionReference, id: TaskId): Query {
  const name = FieldPath.documentId();
  return entries.where(name, ">", `${id}.`).where(name, "<", `${id}.~`).orderBy(name);
}
