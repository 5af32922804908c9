import { randomUUID } from "node:crypto";
import { hashPayload } from "../../../shared/contract/payload-hash.ts";
import { deriveTaskId } from "../../../shared/contract/task-id.ts";
import { type OutboxEntry, entryFields, hopEntryId, newTaskEntryId } from "../../../shared/outbox/entry.ts";
import { relayEntry } from "../../../shared/outbox/relay.ts";
import { TEST_REGISTRY } from "../registry/test-registry.ts";
import type { ProducerHarness } from "./producer-harness.ts";

const RELAY_MS = 5_000;

/** A task that an application has committed, with its entry, which has not been relayed. */
export async function commitTask(
  producer: ProducerHarness,
  { type, payload }: { readonly type: string; readonly payload: unknown },
  fields: Partial<OutboxEntry> = {},
) {
  const taskType = TEST_REGISTRY.types.get(type);
  if (!taskType) throw new Error(`There is no type ${type}.`);
  const origin = ["outbox", type, randomUUID()] as const;
  const id = deriveTaskId(origin, taskType);
  const enqueuedAt = "2026-05-01T10:00:00.000Z";
  const payloadJson = JSON.stringify(payload);
  const entry = { taskId: id, type, payloadJson, origin, caller: "local", enqueuedAt, hop: 0, ...fields };
  const payloadHash = hashPayload(payload);
  const entryId = entry.hop === 0 ? newTaskEntryId(id, payloadHash) : hopEntryId(id, entry.hop);
  await producer.outboxEntries().doc(entryId).set(entryFields(entry));
  return { id, entryId, payloadHash };
}

/** Relays an entry, as its trigger does. */
export function relay(producer: ProducerHarness, entryId: string): Promise<string> {
  return relayEntry(entryId, producer.relay, Date.now() + RELAY_MS);
}

/** The ids of a task's entries. */
export async function entryIdsOf(producer: ProducerHarness, id: string): Promise<string[]> {
  return (await producer.entriesOf(id)).map((entry) => entry.id);
}

/** A task's hops in Cloud Tasks: the suffixes of its names, with their due times in milliseconds. */
export async function hopsInQueue(producer: ProducerHarness, id: string): Promise<Record<string, number>> {
  const tasks = await producer.queuedTasks(id.slice(id.indexOf("-") + 1));
  const own = tasks.filter(({ name }) => name?.split("/").at(-1)?.startsWith(id));
  return Object.fromEntries(
    own.map(({ name, scheduleTime }) => {
      const { seconds, nanos } = scheduleTime ?? {};
      return [name?.split(id).at(-1) ?? "", Number(seconds) * 1_000 + Math.floor(Number(nanos) / 1e6)];
    }),
  );
}

/** The body of a task in its queue. */
export async function bodyOf(producer: ProducerHarness, id: string, hop = 0): Promise<Record<string, unknown>> {
  const tasks = await producer.queuedTasks(id.slice(id.indexOf("-") + 1));
  const task = tasks.find(({ name }) => name?.endsWith(`/${id}${hop === 0 ? "" : `-h${hop}`}`));
  return JSON.parse(String(task?.httpRequest?.body));
}

/** The fields of a record that waits for a hop. */
export function waitingAt(hop: number, payloadHash: string, fields: object = {}): Record<string, unknown> {
  const none = { attempts: 0, fence: 0, finishedAt: null, result: null, leaseMs: 0 };
  return { ...none, state: "waiting", hop, payloadHash, caller: "local", ...fields };
}

/** The `payloadHash` in a queued task's envelope. */
export async function hashInQueue(producer: ProducerHarness, id: string): Promise<string> {
  return String((await bodyOf(producer, id))["payloadHash"]);
}
