import { type Envelope, envelopeSchema } from "../../shared/contract/envelope.ts";
import { JsonBodyError, parseJsonBody } from "../../shared/http/json-body.ts";
import { hashPayload } from "../../shared/contract/payload-hash.ts";
import type { RequestProblem } from "../../shared/http/problem.ts";
import { type DeployedQueue, type DeployedQueues, leaseMsOf } from "../../shared/contract/queues.ts";
import { queueOf } from "../../shared/contract/task-id.ts";
import type { Delivery } from "./delivery.ts";
import type { BoundHandler } from "./runner/handler.ts";
import type { Outcome } from "./outcome.ts";

/** What `parseDelivery` holds a request against. */
export interface DeliveryRules {
  readonly handlers: ReadonlyMap<string, BoundHandler>;
  /** The queues by their keys. */
  readonly queues: DeployedQueues;
  readonly maxBodyBytes: number;
  /** How long a dead letter is kept. */
  readonly deadLetterRetentionMs: number;
}

/** How many attempts an unknown type allows is not known; deliveries of it are counted by themselves. */
const UNKNOWN_TYPE_ATTEMPTS = Number.POSITIVE_INFINITY;
/** Nothing runs for an unknown type, or for a payload that can't be parsed. */
const NOTHING_RUNS_TIMEOUT_MS = 1_000;
/** Names of unknown fields can be as long as the payload, and the dead letter has to hold both. */
const LONGEST_DESCRIPTION = 1_000;
/** With any parameters. Repeated headers arrive joined by a comma, and don't match. */
const JSON_TYPE_PATTERN = /^application\/json\s*(?:;[^,]*)?$/i;
const BROKEN_OFF: RequestProblem = { path: "", message: "The body broke off." };

type Parsed = { readonly ok: true; readonly delivery: Delivery } | { readonly ok: false; readonly outcome: Outcome };

/**
 * Reads a delivery from an authenticated request. What did not come from the producer (another form, a name or hash
 * that contradicts the envelope) is refused and leaves no trace. An envelope that is ours but can't be run, since its
 * type is unknown or its payload invalid, is a delivery: it is recorded how it ended.
 */
export async function parseDelivery(request: Request, rules: DeliveryRules): Promise<Parsed> {
  if (!isPlainJson(request.headers)) return refuse({ kind: "unsupported-media" });
  const body = await readBody(request, rules.maxBodyBytes);
  if (body === "too-large") return refuse({ kind: "too-large", maxBytes: rules.maxBodyBytes });
  if (body === "broken-off") return refuse({ kind: "malformed", problems: [BROKEN_OFF] });

  const parsed = parseEnvelope(body);
  if (!parsed.ok) return refuse({ kind: "malformed", problems: parsed.problems });
  const { envelope } = parsed;

  const problems = contradictions(envelope, request);
  if (problems.length > 0) return refuse({ kind: "malformed", problems });
  const queue = rules.queues.get(queueOf(envelope.id));
  if (!queue?.names.includes(request.headers.get("x-cloudtasks-queuename") ?? "")) {
    return refuse({ kind: "forbidden", reason: "other-queue" });
  }
  return { ok: true, delivery: toDelivery(envelope, queue, { request, rules }) };
}

function refuse(outcome: Outcome): Parsed {
  return { ok: false, outcome };
}

function isPlainJson(headers: Headers): boolean {
  const encoding = headers.get("content-encoding") ?? "identity";
  return JSON_TYPE_PATTERN.test(headers.get("content-type") ?? "") && encoding === "identity";
}

async function readBody(request: Request, maxBytes: number): Promise<Uint8Array | "too-large" | "broken-off"> {
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) return "too-large";
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request.body ?? []) {
      bytes += chunk.length;
      if (bytes > maxBytes) return "too-large";
      chunks.push(chunk);
    }
  } catch {
    // Only the connection can fail here: the sender hung up, was too slow or broke the framing. No fault of ours.
    return "broken-off";
  }
  return Buffer.concat(chunks);
}

function parseEnvelope(
  body: Uint8Array,
): { ok: true; envelope: Envelope } | { ok: false; problems: readonly RequestProblem[] } {
  let value: unknown;
  try {
    value = parseJsonBody(body);
  } catch (error) {
    if (!(error instanceof JsonBodyError)) throw error;
    return { ok: false, problems: [{ path: "", message: error.message }] };
  }
  const parsed = envelopeSchema.safeParse(value);
  if (parsed.success) return { ok: true, envelope: parsed.data };
  return { ok: false, problems: parsed.error.issues.map(({ path, message }) => ({ path: path.join("."), message })) };
}

/** The headers of Cloud Run and Cloud Tasks can be forged by whoever may call: they must agree with the envelope. */
function contradictions(envelope: Envelope, request: Request): RequestProblem[] {
  const problems: RequestProblem[] = [];
  if (request.headers.get("x-cloudtasks-taskname") !== envelope.id) {
    problems.push({ path: "X-CloudTasks-TaskName", message: "is not the envelope's id" });
  }
  if (new URL(request.url).pathname !== `/tasks/${envelope.type}`) {
    problems.push({ path: "type", message: "is not the type in the path" });
  }
  if (!isHashOf(envelope.payloadHash, envelope.payload)) {
    problems.push({ path: "payloadHash", message: "is not the hash of the payload" });
  }
  return problems;
}

function isHashOf(hash: string, payload: Envelope["payload"]): boolean {
  try {
    return hashPayload(payload) === hash;
  } catch (error) {
    // Text with half a surrogate pair is JSON, but it has no hash.
    if (error instanceof TypeError) return false;
    throw error;
  }
}

function toDelivery(
  envelope: Envelope,
  { settings }: DeployedQueue,
  { request, rules }: { request: Request; rules: DeliveryRules },
): Delivery {
  const isFirstDispatch = request.headers.get("x-cloudtasks-taskretrycount") === "0";
  const { handlers, deadLetterRetentionMs } = rules;
  const ours = { envelope, isFirstDispatch, leaseMs: leaseMsOf(settings), deadLetterRetentionMs };
  const nothingRuns = {
    ...ours,
    idempotency: "natural",
    timeoutMs: NOTHING_RUNS_TIMEOUT_MS,
  } as const;

  const handler = handlers.get(envelope.type);
  if (!handler) {
    const run = () => Promise.resolve({ kind: "unknown-type", type: envelope.type } as const);
    return { ...nothingRuns, maxAttempts: UNKNOWN_TYPE_ATTEMPTS, run };
  }
  const prepared = handler.prepare(envelope.payload);
  if (!prepared.ok) {
    const message = describe(prepared.problems);
    const run = () => Promise.resolve({ kind: "permanent", error: { code: "invalid_payload", message } } as const);
    return { ...nothingRuns, maxAttempts: 1, run };
  }
  const { idempotency, attempts, timeoutMs } = handler.taskType;
  return { ...ours, idempotency, maxAttempts: attempts, timeoutMs, run: prepared.run };
}

function describe(problems: readonly RequestProblem[]): string {
  const text = problems.map(({ path, message }) => `${path}: ${message}`).join("; ");
  return text.length > LONGEST_DESCRIPTION ? `${text.slice(0, LONGEST_DESCRIPTION)}…` : text;
}
