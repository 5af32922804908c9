import { type CollectionReference, FieldPath, type Query, type Timestamp } from "@google-cloud/firestore";
import type { TaskId } from "../contract/task-id.ts";
import { SHARDS } from "./entry.ts";

/** How many entries a page of the sweep has. */
export const ENTRIES_A_PAGE = 300;

const ALL_SHARDS = Array.from({ length: SHARDS }, (_, shard) => shard);

/**
 * A page of the entries that should have been relayed by a time, the oldest first: their ids alone, since 300 payloads at
 * once would be more than an instance holds.
 */
export function entriesDueBy(entries: CollectionReference, by: Timestamp): Query {
  const due = entries.where("shard", "in", ALL_SHARDS).where("relayAt", "<=", by);
  return due.orderBy("relayAt").limit(ENTRIES_A_PAGE).select();
}

/**
 * The entry that is due first. One whose `relayAt` is null, a boolean or a number sorts before all times, and is found by
 * this query alone (https://firebase.google.com/docs/firestore/manage-data/data-types#value_type_ordering).
 */
export function firstEntry(entries: CollectionReference): Query {
  return entries.where("shard", "in", ALL_SHARDS).orderBy("relayAt").limit(1).select("relayAt");
}

/** The entries of a task, by the form of their ids: what follows the dot is of visible ASCII. That needs no index. */
export function entriesOf(entries: CollectionReference, id: TaskId): Query {
  const name = FieldPath.documentId();
  return entries.where(name, ">", `${id}.`).where(name, "<", `${id}.~`).orderBy(name);
}
