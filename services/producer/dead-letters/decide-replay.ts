import type { Json } from "../../../shared/contract/any-json.ts";
import { hashPayload } from "../../../shared/contract/payload-hash.ts";
import type { TaskTypes } from "../../../shared/contract/registry.ts";
import { type TaskId, deriveTaskId } from "../../../shared/contract/task-id.ts";
import type { TaskType } from "../../../shared/contract/task-type.ts";
import type { RequestProblem } from "../../../shared/http/problem.ts";
import { schemaProblems } from "../../../shared/http/schema-problems.ts";
import type { ReplayKey, Transition } from "../../../shared/records/transition.ts";
import type { ReplayableLetter } from "./read-letter.ts";

/** A request to replay a dead letter. */
export interface ReplayRequest {
  /** The e-mail address of the caller. */
  readonly by: string;
  /** By which the letter says whose commit it was. Unique. Default: it doesn't say. */
  readonly requestId?: string;
  /** Whether to replay a letter that was replayed before. It has a key then. */
  readonly again: boolean;
  /** Requests with the same key create one task. */
  readonly key?: string;
  /** The new task's payload. Default: the letter's. */
  readonly payload?: Json;
  readonly traceparent?: string;
}

/** What a replay depends on besides the letter. */
export interface ReplayRules {
  readonly types: TaskTypes;
  /** The largest payload, in bytes of JSON. */
  readonly maxPayloadBytes: number;
  /** The instance's clock, in milliseconds since the epoch. */
  readonly nowMs: number;
}

export type ReplayDecision =
  /** A new task. */
  | { readonly kind: "replay"; readonly id: TaskId; readonly payloadHash: string; readonly transition: Replay }
  /** The letter was replayed before, or with this key, as this task. */
  | { readonly kind: "replayed"; readonly id: string }
  | ReplayRefusal;

/** Why a letter can't be replayed. */
export type ReplayRefusal =
  /** This revision doesn't know the type. */
  | { readonly kind: "unknown-type"; readonly type: string }
  /** The letter has no payload. */
  | { readonly kind: "payload-omitted" }
  /** The letter is named after an outbox entry to which no task can refer: too long, or with control characters. */
  | { readonly kind: "unfit-name" }
  | { readonly kind: "payload-too-large"; readonly maxPayloadBytes: number }
  /** The payload doesn't match the type's schema. */
  | { readonly kind: "invalid-payload"; readonly problems: readonly RequestProblem[] };

type Replay = Extract<Transition, { kind: "replay" }>;

/** How many keys a letter keeps. */
const MAX_KEYS = 20;

/** The longest letter name that an envelope can refer to; see `envelopeSchema`. */
const MAX_REFERENCE_LENGTH = 200;

/** Decides by the letter as it was read. Deciding again after a lost response finds the task that was created. */
export function decideReplay(letter: ReplayableLetter, request: ReplayRequest, rules: ReplayRules): ReplayDecision {
  const { key, again } = request;
  const known = key === undefined ? undefined : letter.replayKeys.findLast((one) => one.key === key);
  if (known) return { kind: "replayed", id: known.id };
  if (letter.status === "replayed" && letter.replayedAs !== undefined && !again) {
    return { kind: "replayed", id: letter.replayedAs };
  }
  const taskType = rules.types.get(letter.type);
  if (!taskType) return { kind: "unknown-type", type: letter.type };
  if (!isReference(letter.id)) return { kind: "unfit-name" };
  const { payload = letter.payload } = request;
  if (payload === undefined) return { kind: "payload-omitted" };
  return (
    payloadRefusal(payload, taskType, rules) ?? newTask(letter, { request, payload, taskType, nowMs: rules.nowMs })
  );
}

/** Whether a task can refer to a letter of this name; see `parseEntry`. */
function isReference(letterId: string): boolean {
  return letterId.length <= MAX_REFERENCE_LENGTH && !/\p{Cc}/u.test(letterId);
}

function payloadRefusal(
  payload: Json,
  taskType: TaskType,
  { maxPayloadBytes }: ReplayRules,
): ReplayRefusal | undefined {
  if (Buffer.byteLength(JSON.stringify(payload)) > maxPayloadBytes)
    return { kind: "payload-too-large", maxPayloadBytes };
  const { error } = taskType.payload.safeParse(payload);
  return error && { kind: "invalid-payload", problems: schemaProblems(error, { value: payload, path: ["payload"] }) };
}

interface NewReplay {
  readonly request: ReplayRequest;
  readonly payload: Json;
  readonly taskType: TaskType;
  readonly nowMs: number;
}

/** The new task belongs to the original caller, whoever replays it. */
function newTask(letter: ReplayableLetter, { request, payload, taskType, nowMs }: NewReplay): ReplayDecision {
  const { by, key, requestId, traceparent } = request;
  const replays = letter.replays + 1;
  const origin = ["replay", letter.id, replayNumber(letter)] as const;
  const id = deriveTaskId(origin, taskType);
  const payloadHash = hashPayload(payload);
  const entry = {
    taskId: id,
    type: taskType.type,
    payloadJson: JSON.stringify(payload),
    origin,
    caller: letter.caller,
    enqueuedAt: new Date(nowMs).toISOString(),
    hop: 0,
    replayOf: letter.id,
    traceparent,
  };
  const isOther = payloadHash !== letter.payloadHash;
  const transition: Replay = {
    kind: "replay",
    letterId: letter.id,
    entry,
    by,
    replays,
    replayKeys: keysWith(letter.replayKeys, key === undefined ? [] : [{ key, id }]),
    ...(isOther ? { otherPayload: payloadHash } : {}),
    ...(requestId === undefined ? {} : { requestId }),
  };
  return { kind: "replay", id, payloadHash, transition };
}

/**
 * Which replay of a letter this is. If a letter was deleted and its task dies again, counting restarts, so the time of
 * death is included. Otherwise a replay of the second letter would have the first one's name, and count as done.
 */
function replayNumber({ replays, diedAt }: ReplayableLetter): string {
  const number = String(replays + 1);
  return diedAt === undefined ? number : `${number} ${diedAt}`;
}

function keysWith(keys: readonly ReplayKey[], added: readonly ReplayKey[]): readonly ReplayKey[] {
  return [...keys, ...added].slice(-MAX_KEYS);
}
