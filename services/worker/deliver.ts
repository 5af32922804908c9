import { errorFields } from "../../shared/error-fields.ts";
import { type Authentication, authenticate } from "./authenticate.ts";
import { claimInTime } from "./claim-in-time.ts";
import type { Outcome } from "./outcome.ts";
import type { Delivery } from "./delivery.ts";
import { parseDelivery } from "./parse-delivery.ts";
import { RecordStoreError } from "./record-store.ts";
import { reportOutcome } from "./report-outcome.ts";
import { respond } from "./respond.ts";
import { runHandler } from "./run-handler.ts";
import { settle } from "./settle.ts";
import type { Worker } from "./worker.ts";

/** One delivery, from request to answer: authenticate → parse → claim → handle → settle → respond. */
export async function deliver(request: Request, worker: Worker): Promise<Response> {
  const startedMs = worker.clock.now();
  const seen: Seen = {};
  const outcome = await decideOutcome(request, worker, seen);
  const answer = respond(outcome);
  reportOutcome(outcome, request, { worker, startedMs, status: answer.status, ...seen });
  return answer;
}

/** What is known of a delivery once it has been authenticated and parsed: for its line in the log. */
interface Seen {
  delivery?: Delivery;
}

async function decideOutcome(request: Request, worker: Worker, seen: Seen): Promise<Outcome> {
  if (worker.shutdown.begun) return { kind: "unavailable", reason: "shutting-down" };
  try {
    return await worker.shutdown.track(takeSteps(request, worker, seen));
  } catch (error) {
    if (!(error instanceof RecordStoreError)) throw error;
    worker.log.warn(errorFields(error), "the record store can't be reached");
    return { kind: "unavailable", reason: "record-store" };
  }
}

/** Each step is a file of its own. */
async function takeSteps(request: Request, worker: Worker, seen: Seen): Promise<Outcome> {
  const caller = await authenticate(request.headers, worker.tokens);
  if (caller.kind !== "authenticated") return outcomeOfRefusal(caller);

  const parsed = await parseDelivery(request, worker.rules);
  if (!parsed.ok) return parsed.outcome;
  seen.delivery = parsed.delivery;

  const claim = await claimInTime(parsed.delivery, worker);
  if (claim.kind !== "ours") return claim.outcome;

  const run = await runHandler(parsed.delivery, claim.attempt, worker);
  return await settle(parsed.delivery, claim.attempt, run, worker);
}

function outcomeOfRefusal(caller: Exclude<Authentication, { kind: "authenticated" }>): Outcome {
  return caller.kind === "keys-unavailable" ? { kind: "unavailable", reason: "keys" } : caller;
}
