import { errorFields } from "../../shared/runtime/error-fields.ts";
import { type Authentication, authenticate } from "./authenticate.ts";
import { claimInTime } from "./idempotency/claim-in-time.ts";
import { DeliveryTrace } from "./telemetry/delivery-trace.ts";
import type { Outcome } from "./outcome.ts";
import { parseDelivery } from "./parse-delivery.ts";
import { RecordStoreError } from "./idempotency/record-store.ts";
import { reportOutcome } from "./telemetry/report-outcome.ts";
import { respond } from "./respond.ts";
import { runHandler } from "./runner/run-handler.ts";
import { settle } from "./idempotency/natural.ts";
import type { Worker } from "./worker.ts";

/** One delivery, from request to answer: authenticate → parse → claim → handle → settle → respond. */
export async function deliver(request: Request, worker: Worker): Promise<Response> {
  const trace = new DeliveryTrace(worker);
  try {
    const outcome = await decideOutcome(request, trace);
    const answer = respond(outcome);
    reportOutcome(outcome, request, { trace, status: answer.status });
    trace.end({ outcome: outcome.kind, status: answer.status });
    return answer;
  } catch (error) {
    trace.fail();
    throw error;
  }
}

async function decideOutcome(request: Request, trace: DeliveryTrace): Promise<Outcome> {
  const { shutdown } = trace.worker;
  if (shutdown.begun) return { kind: "unavailable", reason: "shutting-down" };
  try {
    return await shutdown.track(takeSteps(request, trace));
  } catch (error) {
    if (!(error instanceof RecordStoreError)) throw error;
    trace.worker.log.warn(errorFields(error), "the record store can't be reached");
    return { kind: "unavailable", reason: "record-store" };
  }
}

/** Each step is a file of its own. */
async function takeSteps(request: Request, trace: DeliveryTrace): Promise<Outcome> {
  const { tokens, rules } = trace.worker;
  const caller = await authenticate(request.headers, tokens);
  if (caller.kind !== "authenticated") return outcomeOfRefusal(caller);

  const parsed = await parseDelivery(request, rules);
  if (!parsed.ok) return parsed.outcome;
  const { delivery } = parsed;
  trace.begin(delivery);
  const { worker } = trace;
  // Keys and bodies can be long in coming: what hasn't claimed its task by now starts no more.
  if (worker.shutdown.begun) return { kind: "unavailable", reason: "shutting-down" };

  const claim = await trace.step("claim", () => claimInTime(delivery, worker));
  if (claim.kind !== "ours") return claim.outcome;

  const run = await trace.step("handle", () => runHandler(delivery, claim.attempt, worker));
  return await trace.step("settle", () => settle(delivery, claim.attempt, run, worker));
}

function outcomeOfRefusal(caller: Exclude<Authentication, { kind: "authenticated" }>): Outcome {
  return caller.kind === "keys-unavailable" ? { kind: "unavailable", reason: "keys" } : caller;
}
