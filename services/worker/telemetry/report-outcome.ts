import { cut } from "../../../shared/process/cut.ts";
import { DELIVERY_FIELDS, DELIVERY_MESSAGE, httpRequestField } from "../../../shared/runtime/log-fields.ts";
import type { Logger } from "../../../shared/runtime/log.ts";
import { queueOf } from "../../../shared/contract/task-id.ts";
import type { Delivery, DeliveryRules } from "../parse-delivery.ts";
import type { Outcome } from "../outcome.ts";

/** Text from requests is cut to this many characters in the log. */
const MAX_LOGGED_CHARACTERS = 120;
const MAX_LOGGED_PROBLEMS = 5;

/**
 * Logs one line per delivery: its outcome, how late it came and how long it took. Metrics are counted from these lines,
 * so the fields that name a series (type, queue) are only logged for deliveries that are ours. Never logs a token or a
 * payload. Of an error, whose message may quote the payload, it only logs the code; the message is in the task's
 * record.
 */
export function reportOutcome(outcome: Outcome, request: Request, told: Told): void {
  const { log, delivery, status } = told;
  const tookMs = told.endedMs - told.startedMs;
  const path = cut(new URL(request.url).pathname, MAX_LOGGED_CHARACTERS);
  const fields = {
    [DELIVERY_FIELDS.outcome]: outcome.kind,
    taskId: headerOf(request, "x-cloudtasks-taskname"),
    retryCount: headerOf(request, "x-cloudtasks-taskretrycount"),
    [DELIVERY_FIELDS.tookMs]: tookMs,
    ...(delivery ? describe(delivery, request, told) : {}),
    ...detailsOf(outcome),
    ...httpRequestField({ method: request.method, path, status, tookMs }),
  };
  log[levelOf(outcome)](fields, DELIVERY_MESSAGE);
}

/** What is known about a delivery once it has a response. Times are in milliseconds since the epoch. */
interface Told {
  readonly log: Logger;
  readonly rules: Pick<DeliveryRules, "handlers">;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly status: number;
  /** Set once the delivery has been authenticated and parsed. */
  readonly delivery?: Delivery;
}

function describe({ envelope }: Delivery, request: Request, { rules, startedMs, endedMs }: Told): object {
  return {
    [DELIVERY_FIELDS.taskType]: rules.handlers.has(envelope.type) ? envelope.type : "unknown",
    [DELIVERY_FIELDS.queue]: queueOf(envelope.id),
    // The header has the name of this hop.
    taskId: envelope.id,
    hop: envelope.hop ?? 0,
    [DELIVERY_FIELDS.delayMs]: sinceDueMs(request, startedMs),
    [DELIVERY_FIELDS.sinceDueMs]: sinceDueMs(request, endedMs),
  };
}

/**
 * How long after its time a delivery arrived, or ended. Cloud Tasks sends the time when this attempt was due, in seconds with
 * six decimals; so what an earlier attempt took, and backoff, don't count.
 */
function sinceDueMs(request: Request, atMs: number): number | undefined {
  const dueS = Number(request.headers.get("x-cloudtasks-tasketa") ?? Number.NaN);
  return Number.isFinite(dueS) ? Math.max(0, Math.round(atMs - dueS * 1_000)) : undefined;
}

function levelOf(outcome: Outcome): "info" | "warn" | "error" {
  switch (outcome.kind) {
    case "done":
    case "duplicate":
    case "busy":
      return "info";
    case "rescheduled":
      return outcome.error ? "warn" : "info";
    case "retry":
    case "saturated":
    case "unavailable":
    case "unknown-type":
    case "malformed":
    case "too-large":
    case "unsupported-media":
    case "unauthenticated":
    case "forbidden":
      return "warn";
    case "failed":
    case "dead":
      return "error";
    default:
      return outcome satisfies never;
  }
}

function detailsOf(outcome: Outcome): object {
  if ("error" in outcome && outcome.error) return { errorCode: outcome.error.code };
  if ("reason" in outcome) return { reason: outcome.reason };
  if (outcome.kind !== "malformed") return {};
  const problems = outcome.problems.slice(0, MAX_LOGGED_PROBLEMS);
  return { problems: problems.map(({ path, message }) => cut(`${path}: ${message}`, MAX_LOGGED_CHARACTERS)) };
}

function headerOf(request: Request, name: string): string | undefined {
  const value = request.headers.get(name);
  return value === null ? undefined : cut(value, MAX_LOGGED_CHARACTERS);
}
