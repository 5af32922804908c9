import {
  DELIVERY_LIMITS,
  ENVELOPE_OVERHEAD_BYTES,
  type Envelope,
  deliveryName,
  envelopeSchema,
  withLaterFields,
} from "../../shared/contract/envelope.ts";
import { hashCanonical } from "../../shared/contract/payload-hash.ts";
import { type DeployedQueue, type DeployedQueues, leaseMsOf } from "../../shared/contract/queues.ts";
import { acceptsDeliveryFrom } from "../../shared/contract/queue-shards.ts";
import type { Backoff } from "../../shared/contract/backoff.ts";
import { queueOf } from "../../shared/contract/task-id.ts";
import type { Idempotency, TaskType } from "../../shared/contract/task-type.ts";
import type { Slot } from "../../shared/http/admission.ts";
import { readRequestBody } from "../../shared/http/bounded-body.ts";
import { JsonBodyError, parseJsonBody } from "../../shared/http/json-body.ts";
import type { RequestProblem } from "../../shared/http/problem.ts";
import { schemaProblems } from "../../shared/http/schema-problems.ts";
import { type OnDead, isMadeByOnDead } from "../../shared/outbox/follow-up.ts";
import type { Task } from "../../shared/records/transition.ts";
import { shorten } from "../../shared/process/cut.ts";
import type { AttemptEnd } from "./lifecycle/settlement.ts";
import type { Outcome } from "./outcome.ts";
import type { FollowUpRules } from "./runner/follow-ups.ts";
import type { BoundHandler, PreparedRun } from "./runner/handler.ts";

/** One delivery of a task, parsed: what to run, and the limits for running it. */
export type Delivery = RunnableDelivery | UnrunnableDelivery;

interface TaskDelivery extends Task {
  readonly maxAttempts: number;
  /** Whether Cloud Tasks says that it has tried before, in this hop. */
  readonly isRepeated: boolean;
  /**
   * False if it says so, or this is a later hop. Only then can a task have a record that no claim of ours wrote.
   */
  readonly isFirstDispatch: boolean;
  /** What its type wants done if it dies. Undefined: nothing. */
  readonly onDead?: OnDead | undefined;
}

export interface RunnableDelivery extends TaskDelivery {
  readonly kind: Idempotency;
  readonly timeoutMs: number;
  /** How often to look for a cancel while the handler runs, in milliseconds. Undefined: never. */
  readonly cancelCheckMs?: number | undefined;
  /** The type's own, if it has one. */
  readonly backoff?: Backoff | undefined;
  /** Does the work. Rejects if the handler throws. */
  readonly run: PreparedRun;
}

/** The task is ours but can't run: its type is unknown here, or its payload is invalid. */
export interface UnrunnableDelivery extends TaskDelivery {
  readonly kind: "unrunnable";
  readonly end: AttemptEnd;
}

/** What `parseDelivery` checks a request against. */
export interface DeliveryRules {
  readonly handlers: ReadonlyMap<string, BoundHandler>;
  /** The queues by key. */
  readonly queues: DeployedQueues;
  readonly maxBodyBytes: number;
  /** How long a dead letter is kept. */
  readonly deadLetterRetentionMs: number;
}

/** Nobody knows how many attempts an unknown type allows. Its deliveries are counted separately. */
const UNKNOWN_TYPE_ATTEMPTS = Number.POSITIVE_INFINITY;
/** The names of unknown fields can be as long as the payload, and the dead letter must have room for both. */
const MAX_DESCRIPTION_LENGTH = 1_000;
/** Allows any parameters. Repeated headers arrive joined by a comma, and don't match. */
const JSON_TYPE_PATTERN = /^application\/json\s*(?:;[^,]*)?$/i;
const BROKEN_OFF: RequestProblem = { path: "", message: "The body ended early." };

type Parsed = (Delivery & { readonly refused: false }) | { readonly refused: true; readonly outcome: Outcome };

/**
 * Parses a delivery from an authenticated request. A request that didn't come from the producer (another format, or a
 * name or hash that contradicts the envelope) is refused and leaves no trace. An envelope that is ours but can't run,
 * because its type is unknown or its payload is invalid, is a delivery, and how it ended is recorded.
 */
export async function parseDelivery(request: Request, rules: DeliveryRules, slot: Slot): Promise<Parsed> {
  if (!isPlainJson(request.headers)) return refuse({ kind: "unsupported-media" });
  const body = await readRequestBody(request, rules.maxBodyBytes);
  if (body.kind === "too-large") return refuse({ kind: "too-large", maxBytes: rules.maxBodyBytes });
  if (body.kind === "broken-off") return refuse({ kind: "malformed", problems: [BROKEN_OFF] });

  await slot.turn(body.bytes.byteLength);
  const parsed = parseEnvelope(body.bytes);
  if (!parsed.envelope) return refuse({ kind: "malformed", problems: parsed.problems });
  const { envelope } = parsed;

  const problems = contradictions(parsed, request);
  if (problems.length > 0) return refuse({ kind: "malformed", problems });
  const queue = rules.queues.get(queueOf(envelope.id));
  const from = request.headers.get("x-cloudtasks-queuename") ?? "";
  if (!queue || !acceptsDeliveryFrom(from, envelope.id, queue)) {
    return refuse({ kind: "forbidden", reason: "other-queue" });
  }
  return { refused: false, ...toDelivery(envelope, queue, { request, rules }) };
}

function refuse(outcome: Outcome): Parsed {
  return { refused: true, outcome };
}

function isPlainJson(headers: Headers): boolean {
  const encoding = headers.get("content-encoding") ?? "identity";
  return JSON_TYPE_PATTERN.test(headers.get("content-type") ?? "") && encoding === "identity";
}

/** An envelope, and the hash of the payload that is really in it. */
interface ReadEnvelope {
  readonly envelope: Envelope;
  readonly actualHash: string;
}

type ParsedEnvelope = ReadEnvelope | { readonly envelope?: never; readonly problems: readonly RequestProblem[] };

function parseEnvelope(body: Uint8Array): ParsedEnvelope {
  try {
    const { value, fields } = parseJsonBody(body, DELIVERY_LIMITS);
    const parsed = envelopeSchema.safeParse(value);
    if (!parsed.success) return { problems: schemaProblems(parsed.error, { value, root: "" }) };
    const actualHash = hashCanonical(fields.get("payload")?.canonical ?? "");
    return { envelope: withLaterFields(parsed.data, value), actualHash };
  } catch (error) {
    if (!(error instanceof JsonBodyError)) throw error;
    const { message, problems } = error;
    return { problems: problems.length === 0 ? [{ path: "", message }] : problems };
  }
}

/** Any allowed caller can forge the headers of Cloud Run and Cloud Tasks, so they must agree with the envelope. */
function contradictions({ envelope, actualHash }: ReadEnvelope, request: Request): RequestProblem[] {
  const problems: RequestProblem[] = [];
  if (request.headers.get("x-cloudtasks-taskname") !== deliveryName(envelope)) {
    problems.push({ path: "X-CloudTasks-TaskName", message: "is not the name of the envelope's task" });
  }
  if (new URL(request.url).pathname !== `/tasks/${envelope.type}`) {
    problems.push({ path: "type", message: "is not the type in the path" });
  }
  if (actualHash !== envelope.payloadHash) {
    problems.push({ path: "payloadHash", message: "is not the hash of the payload" });
  }
  return problems;
}

function toDelivery(
  envelope: Envelope,
  { settings }: DeployedQueue,
  { request, rules }: { request: Request; rules: DeliveryRules },
): Delivery {
  const isRepeated = request.headers.get("x-cloudtasks-taskretrycount") !== "0";
  const task = {
    envelope,
    leaseMs: leaseMsOf(settings),
    deadLetterRetentionMs: rules.deadLetterRetentionMs,
    isRepeated,
    isFirstDispatch: !isRepeated && (envelope.hop ?? 0) === 0,
  };
  const handler = rules.handlers.get(envelope.type);
  if (!handler) {
    const end = { kind: "unknown-type", type: envelope.type } as const;
    return { ...task, kind: "unrunnable", maxAttempts: UNKNOWN_TYPE_ATTEMPTS, end };
  }
  const { idempotency, attempts, timeoutMs, cancelCheckMs, backoff } = handler.taskType;
  const known = { ...task, onDead: onDeadOf(envelope, handler.taskType) };
  const prepared = handler.prepare(envelope.payload);
  if (!prepared.ok) {
    const error = { code: "invalid_payload", message: describe(prepared.problems) };
    return { ...known, kind: "unrunnable", maxAttempts: 1, end: { kind: "permanent", error } };
  }
  const followUps = followUpRules(envelope, rules);
  const run: PreparedRun = (context) => prepared.run({ ...context, followUps });
  return { ...known, kind: idempotency, maxAttempts: attempts, timeoutMs, cancelCheckMs, backoff, run };
}

function onDeadOf(parent: Envelope, { onDead }: TaskType): OnDead | undefined {
  return onDead && !isMadeByOnDead(parent) ? { taskType: onDead, parent } : undefined;
}

function followUpRules(parent: Envelope, { handlers, maxBodyBytes }: DeliveryRules): FollowUpRules {
  return {
    parent,
    taskType: (type) => handlers.get(type)?.taskType,
    maxPayloadBytes: maxBodyBytes - ENVELOPE_OVERHEAD_BYTES,
  };
}

function describe(problems: readonly RequestProblem[]): string {
  const text = problems.map(({ path, message }) => `${path}: ${message}`).join("; ");
  return shorten(text, MAX_DESCRIPTION_LENGTH);
}
