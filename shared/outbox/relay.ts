import { randomUUID } from "node:crypto";
import type { Json } from "../contract/any-json.ts";
import { isMarkedNatural } from "../contract/task-id.ts";
import type { TaskQueue } from "../queue/task-queue.ts";
import type { Clock } from "../runtime/clock.ts";
import { errorFields } from "../runtime/error-fields.ts";
import type { Logger } from "../runtime/log.ts";
import { type EntryRules, type KnownEntry, type RefusedEntry, checkEntry } from "./check-entry.ts";
import { CONFLICT, decideFound, decideMissing, decideOld, decideRefusal, isVoid } from "./decide-refusal.ts";
import type { EntryDocument, OutboxStore } from "./outbox-store.ts";
import { postpone } from "./postpone.ts";
import { dueTime, sealEntry } from "./seal-entry.ts";

/** The result of relaying an entry. */
export type Relayed =
  /** This relay or an earlier one put its task into its queue, and the entry is gone. */
  | "relayed"
  /** There was nothing left to do: the task has ended, or is at a later hop. */
  | "dropped"
  /** It is a dead letter now. */
  | "refused"
  /** Something else changed or deleted it meanwhile. */
  | "changed"
  /** It has to wait: this revision doesn't know its type, or its task's name isn't free. It is due again later. */
  | "postponed"
  /** Cloud Tasks or Firestore failed. It is due again later. */
  | "failed"
  /** There is no such entry. */
  | "missing";

/** What the relay depends on. */
export interface Relay {
  readonly outbox: OutboxStore;
  readonly queue: TaskQueue;
  readonly rules: EntryRules;
  /** How long a dead letter is kept. */
  readonly deadLetterRetentionMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** An older entry may have been relayed long ago, and Cloud Tasks may have forgotten its task's name since. */
const OLD_MS = 24 * 60 * 60_000;

/** How long Cloud Tasks may take to create a task, in milliseconds. It usually takes a hundredth of that. */
const CREATE_TIMEOUT_MS = 3_000;

/** An entry that is being relayed. */
interface Work {
  readonly relay: Relay;
  readonly document: EntryDocument;
  readonly untilMs: number;
}

/**
 * Relays one entry: creates its task by name, then deletes the entry, provided that it hasn't changed since it was
 * read. Relaying an entry twice is harmless.
 *
 *     read ──▶ check ──▶ CreateTask ──created──▶ delete ──gone──▶ cancelled, or rescheduled? DeleteTask
 *                │           └─taken──▶ look: same task? delete. Another payload? a dead letter. Unknown? later
 *                └─ can't be relayed ──▶ a dead letter
 *
 * @param untilMs when to give up, in milliseconds since the epoch.
 * @throws RecordStoreError or DependencyError when Firestore or Cloud Tasks fails, and whatever a payload's schema
 * throws. The entry stays, but isn't postponed; see `relaySafely`.
 */
export async function relayEntry(id: string, relay: Relay, untilMs: number): Promise<Relayed> {
  return await relayDocument(await relay.outbox.read(id, untilMs), relay, untilMs);
}

/** Relays an entry that has been read; see `relayEntry`. */
export async function relayDocument(document: EntryDocument, relay: Relay, untilMs: number): Promise<Relayed> {
  if (!document.exists) return "missing";
  const work = { relay, document, untilMs };
  const checked = checkEntry(document, relay.rules);
  if (checked.kind === "later") return await putOff(work, "postponed");
  if (checked.kind === "refused") return await refuse(work, checked);
  const isOld = document.readTime.toMillis() - (document.createTime?.toMillis() ?? 0) > OLD_MS;
  if (isOld && !(await isStillWanted(work, checked))) return await drop(work);
  return await create(work, checked);
}

async function create(work: Work, known: KnownEntry): Promise<Relayed> {
  const { queue, clock, log } = work.relay;
  const nowMs = clock.now();
  const envelope = sealEntry(known, nowMs);
  const dueAtMs = dueTime(known, nowMs);
  const deadline = { clock, timeoutMs: Math.min(CREATE_TIMEOUT_MS, work.untilMs - nowMs) };
  const task = { envelope, ...(dueAtMs === undefined ? {} : { dueAtMs }) };
  const result = await createOnce(() => queue.create(task, deadline));
  switch (result.kind) {
    case "created":
      return await finish(work, known);
    case "exists":
      return await explainTaken(work, known);
    case "throttled":
    case "no-queue":
    case "unclear": {
      const cause = "cause" in result ? errorFields(result.cause) : {};
      log.warn({ ...cause, taskId: known.entry.taskId, reason: result.kind }, "an entry could not be relayed yet");
      return await putOff(work, "failed");
    }
    default:
      return result satisfies never;
  }
}

/** An error from the client says nothing about the entry: permissions, for example, can be fixed. */
async function createOnce(call: () => ReturnType<TaskQueue["create"]>): ReturnType<TaskQueue["create"]> {
  try {
    return await call();
  } catch (cause) {
    return { kind: "no-queue", cause };
  }
}

/**
 * The task is in its queue. If the entry was deleted meanwhile, the task may have been cancelled or rescheduled, and
 * must not stay there.
 */
async function finish(work: Work, { entry, payloadHash }: KnownEntry): Promise<Relayed> {
  const { outbox, queue } = work.relay;
  if (await outbox.remove(work.document, work.untilMs)) return "relayed";
  const { record } = await outbox.readRecord(entry.taskId, work.untilMs);
  const isUnwanted = isVoid(record, { hop: entry.hop, payloadHash });
  if (isUnwanted) await queue.delete({ id: entry.taskId, hop: entry.hop }, deadlineOf(work));
  return "changed";
}

/** The name is taken, or was until recently. */
async function explainTaken(work: Work, known: KnownEntry): Promise<Relayed> {
  const { outbox, queue, log } = work.relay;
  const { taskId, hop } = known.entry;
  const taken = { hop, payloadHash: known.payloadHash, isNatural: isMarkedNatural(taskId) };
  const sighting = await queue.find({ id: taskId, hop }, "full", deadlineOf(work));
  const decided =
    sighting.kind === "found"
      ? decideFound(sighting.task.envelope?.payloadHash, taken)
      : decideMissing({ ...(await outbox.readRecord(taskId, work.untilMs)), isGone: sighting.kind === "gone" }, taken);
  switch (decided) {
    case "relayed":
    case "dropped":
      return await drop(work, decided);
    case "conflict":
      return await refuseConflict(work, known);
    case "later":
      log.warn({ taskId, hop }, "the name of an entry's task isn't free yet");
      return await putOff(work, "postponed");
    default:
      return decided satisfies never;
  }
}

/** Whether an old entry's task must still be put into its queue. If so, its record is renewed. */
async function isStillWanted(work: Work, known: KnownEntry): Promise<boolean> {
  const { entry, payloadHash } = known;
  const { outbox } = work.relay;
  const { record, readTimeMs, document } = await outbox.readRecord(entry.taskId, work.untilMs);
  const decided = decideOld(record, { hop: entry.hop, payloadHash, readTimeMs });
  if (decided !== "renew") return decided === "create";
  const task = taskOf(work, { ...known, payload: null });
  // If the record has changed meanwhile, that change renewed it.
  await outbox.commit({ kind: "renew" }, { task, entry: work.document, record: document, untilMs: work.untilMs });
  return true;
}

/** Another task has the entry's id. */
async function refuseConflict(work: Work, known: KnownEntry): Promise<Relayed> {
  const payload: Json = JSON.parse(known.entry.payloadJson);
  return await refuse(work, { ...known, refusal: CONFLICT, payload });
}

/** Makes an entry a dead letter, or deletes it if its task continued without it. */
async function refuse(work: Work, refused: RefusedEntry): Promise<Relayed> {
  const { outbox, log } = work.relay;
  const { entry, payloadHash, refusal } = refused;
  const { taskId, hop, id: entryId } = entry;
  // If the id isn't the entry's own, its record is left alone.
  const read = refusal.kind === "unacceptable" ? await outbox.readRecord(taskId, work.untilMs) : null;
  const on = { entryId, hop, payloadHash, owner: randomUUID(), readTimeMs: read?.readTimeMs ?? 0 };
  const decided = decideRefusal(read?.record ?? null, refusal, on);
  if (decided === "superfluous") return await drop(work);
  const record = decided.as ? (read?.document ?? null) : null;
  const asRead = { task: taskOf(work, refused), entry: work.document, record, untilMs: work.untilMs };
  if (!(await outbox.commit(decided, asRead))) return "changed";
  log.error({ taskId, entryId, code: decided.error.code }, "an entry can't be relayed, and is a dead letter now");
  return "refused";
}

function taskOf({ relay }: Work, { entry, payloadHash, payload }: KnownEntry & { readonly payload: Json }) {
  const { taskId, type, enqueuedAt, caller, parentId, replayOf, hop } = entry;
  const given = Object.entries({ caller, parentId, replayOf, hop: hop === 0 ? undefined : hop });
  const told = Object.fromEntries(given.filter(([, value]) => value !== undefined));
  const envelope = { id: taskId, type, payload, payloadHash, enqueuedAt, ...told };
  return { envelope, leaseMs: 0, deadLetterRetentionMs: relay.deadLetterRetentionMs };
}

async function drop({ relay, document, untilMs }: Work, as: "relayed" | "dropped" = "dropped"): Promise<Relayed> {
  return (await relay.outbox.remove(document, untilMs)) ? as : "changed";
}

async function putOff<Why extends Relayed>({ relay, document, untilMs }: Work, why: Why): Promise<Why | "changed"> {
  return (await postpone(document, relay, untilMs)) ? why : "changed";
}

function deadlineOf({ relay: { clock }, untilMs }: Work) {
  return { clock, timeoutMs: untilMs - clock.now() };
}
