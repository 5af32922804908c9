import type { DocumentSnapshot } from "@google-cloud/firestore";
import { matchesTypePattern } from "../auth/access.ts";
import type { Json } from "../contract/any-json.ts";
import { MAX_DELAY_MS } from "../contract/backoff.ts";
import { DELIVERY_LIMITS, HIGHEST_MAX_PAYLOAD_BYTES } from "../contract/envelope.ts";
import { NEW_TASK_LIMITS } from "../contract/new-task/payload-text.ts";
import { hashCanonical, hashPayload } from "../contract/payload-hash.ts";
import type { DeployedQueues } from "../contract/queues.ts";
import type { TaskTypes } from "../contract/registry.ts";
import { type TaskId, isDerivedFrom, isLaterOrigin, queueOf, typeInOrigin } from "../contract/task-id.ts";
import { isTypeName } from "../contract/task-type.ts";
import { pathText, schemaProblems } from "../http/schema-problems.ts";
import { JsonTextError, readJson } from "../json/read-json.ts";
import { shorten } from "../process/cut.ts";
import { propertyOf } from "../process/thrown.ts";
import type { Refusal } from "./decide-refusal.ts";
import { type StoredEntry, hopEntryId, newTaskEntryId, parseEntry, taskIdOf } from "./entry.ts";
import { plainFields } from "./plain-fields.ts";

/** The rules for entries. */
export interface EntryRules {
  readonly types: TaskTypes;
  readonly queues: DeployedQueues;
  /** The types that applications may enqueue through the outbox; see `matchesTypePattern`. Default: all. */
  readonly outboxTypes?: readonly string[] | undefined;
  readonly maxPayloadBytes: number;
}

/** A readable entry, and its payload's hash. */
export interface KnownEntry {
  readonly entry: StoredEntry;
  readonly payloadHash: string;
}

/** An entry that can't be relayed. */
export interface RefusedEntry extends KnownEntry {
  readonly refusal: Refusal;
  /** Its dead letter's payload. If the entry's isn't valid JSON, its text; if nothing can be read, all fields. */
  readonly payload: Json;
}

export type CheckedEntry =
  | ({ readonly kind: "acceptable" } & KnownEntry)
  /** This revision doesn't know its type, its queue or its origin. A newer one may. */
  | ({ readonly kind: "later" } & Partial<KnownEntry>)
  | ({ readonly kind: "refused" } & RefusedEntry);

/** How long an entry that this revision doesn't know is postponed, in milliseconds: deployments overlap. */
const UNKNOWN_FOR_MS = 24 * 60 * 60_000;

/** How much further ahead than the API allows a time may be, in milliseconds: the application's clock may be wrong. */
const CLOCK_TOLERANCE_MS = 24 * 60 * 60_000;

/** The names of unknown fields can be as long as the payload, and the dead letter must have room for both. */
const MAX_DESCRIPTION_LENGTH = 1_000;

/** Checks whether an entry matches its id, and whether its task can be accepted. */
export function checkEntry(document: DocumentSnapshot, rules: EntryRules): CheckedEntry {
  const data: unknown = document.data();
  const createdAtMs = document.createTime?.toMillis() ?? 0;
  const isYoung = document.readTime.toMillis() - createdAtMs < UNKNOWN_FOR_MS;
  const entry = parseEntry(document.id, data);
  if (!entry) return isYoung && isLaterOrigin(propertyOf(data, "origin")) ? { kind: "later" } : unreadable(document);
  const read = readPayload(entry);
  if (read.problem !== undefined) {
    const { payloadJson: payload } = entry;
    return malformed({ entry, payloadHash: hashPayload(payload), payload }, `The entry's payload ${read.problem}.`);
  }
  const { payload, payloadHash } = read;
  const known = { entry, payloadHash };
  const refuse = (refusal: Refusal): CheckedEntry => ({ kind: "refused", refusal, payload, ...known });
  const notItsOwn = identityRefusal(known);
  if (notItsOwn) return refuse(notItsOwn);
  const unknown = unknownRefusal(entry, rules);
  if (unknown) return isYoung ? { kind: "later", ...known } : refuse(unknown);
  const unfit = taskRefusal(entry, { payload, createdAtMs }, rules);
  return unfit ? refuse(unfit) : { kind: "acceptable", ...known };
}

/** A replay repeats, and a later hop continues, a task that was accepted before, perhaps by older rules. */
function isNew({ hop, origin }: StoredEntry): boolean {
  return hop === 0 && origin?.[0] !== "replay";
}

type ReadPayload =
  | { readonly payload: Json; readonly payloadHash: string; readonly problem?: never }
  | { readonly problem: string };

/** Reads the payload as the worker will. One that it can't read would stay in its queue for a month, then be lost. */
function readPayload(entry: StoredEntry): ReadPayload {
  try {
    const limits = isNew(entry) ? NEW_TASK_LIMITS : DELIVERY_LIMITS;
    const { value, fields } = readJson(`{"payload":${entry.payloadJson}}`, limits);
    const payload = fields.get("payload");
    // Text such as `1,"more":2` would add fields to the envelope.
    if (fields.size !== 1 || !payload) return { problem: "is not one JSON value" };
    // oxlint-disable-next-line no-unsafe-type-assertion -- It was parsed from JSON.
    return { payload: propertyOf(value, "payload") as Json, payloadHash: hashCanonical(payload.canonical) };
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error;
    const [first] = error.problems;
    return { problem: first ? `${error.message}: ${pathText(first.path)} ${first.message}` : error.message };
  }
}

/** Checks the entry's id against its content. Queue and mark are the id's own: the registry may have changed. */
function identityRefusal({ entry, payloadHash }: KnownEntry): Refusal | undefined {
  const { id, taskId, hop } = entry;
  const isOwn =
    hop === 0 ? id === newTaskEntryId(taskId, payloadHash) && isOfOrigin(entry) : id === hopEntryId(taskId, hop);
  if (isOwn) return undefined;
  const message = "The entry's id does not belong to its origin, its type, its payload or its hop.";
  return { kind: "not-its-own", error: { code: "wrong_id", message } };
}

function isOfOrigin({ taskId, type, origin }: StoredEntry): boolean {
  return origin !== undefined && isDerivedFrom(taskId, origin) && (typeInOrigin(origin) ?? type) === type;
}

function unknownRefusal({ taskId, type, hop }: StoredEntry, { types, queues }: EntryRules): Refusal | undefined {
  const queue = queueOf(taskId);
  if (!queues.has(queue)) {
    return unacceptable("unknown_queue", `No revision that saw the entry knows the queue ${queue}.`);
  }
  // The worker counts deliveries of unknown types.
  if (hop > 0 || types.has(type)) return undefined;
  return unacceptable("unknown_type", `No revision that saw the entry knows the type ${type}.`);
}

function taskRefusal(
  entry: StoredEntry,
  { payload, createdAtMs }: { readonly payload: Json; readonly createdAtMs: number },
  { types, outboxTypes, maxPayloadBytes }: EntryRules,
): Refusal | undefined {
  const { type, payloadJson, origin, hop, notBefore } = entry;
  if (origin?.[0] === "outbox" && outboxTypes && !matchesTypePattern(outboxTypes, type)) {
    return unacceptable("type_not_allowed", `The setting handoff:outboxTypes doesn't allow the type ${type}.`);
  }
  const mostBytes = isNew(entry) ? maxPayloadBytes : HIGHEST_MAX_PAYLOAD_BYTES;
  if (Buffer.byteLength(payloadJson) > mostBytes) {
    return unacceptable("payload_too_large", `A payload may have at most ${mostBytes} bytes as JSON.`);
  }
  // A later hop's task was accepted before.
  if (hop > 0) return undefined;
  if (notBefore !== undefined && Date.parse(notBefore) > createdAtMs + MAX_DELAY_MS + CLOCK_TOLERANCE_MS) {
    return unacceptable("too_far_ahead", "A task may be due at most ten years ahead.");
  }
  const problems = schemaProblems(types.get(type)?.payload.safeParse(payload).error, {
    value: payload,
    path: ["payload"],
  });
  if (problems.length === 0) return undefined;
  const text = problems.map(({ path, message }) => `${path}: ${message}`).join("; ");
  return unacceptable("invalid_payload", shorten(text, MAX_DESCRIPTION_LENGTH));
}

function unacceptable(code: string, message: string): Refusal {
  return { kind: "unacceptable", error: { code, message } };
}

function malformed(known: Omit<RefusedEntry, "refusal">, message: string): CheckedEntry {
  return { kind: "refused", refusal: { kind: "not-its-own", error: { code: "invalid_entry", message } }, ...known };
}

/** A malformed entry. Its dead letter keeps all its fields as the payload. */
function unreadable(document: DocumentSnapshot): CheckedEntry {
  const { id, createTime } = document;
  const data: unknown = document.data();
  const payload = plainFields(data);
  const type = propertyOf(data, "type");
  const entry: StoredEntry = {
    id,
    // oxlint-disable-next-line no-unsafe-type-assertion -- Its letter is named after the entry, whose id has any form.
    taskId: taskIdOf(id) ?? (id as TaskId),
    type: typeof type === "string" && isTypeName(type) ? type : "unknown",
    payloadJson: JSON.stringify(payload),
    enqueuedAt: createTime?.toDate().toISOString() ?? new Date(0).toISOString(),
    hop: 0,
  };
  return malformed(
    { entry, payload, payloadHash: hashPayload(payload) },
    "The entry's id or its fields are malformed.",
  );
}
