import type { Slot } from "../../shared/http/admission.ts";
import { RunningTask } from "../../shared/process/running-task.ts";
import { RecordStoreError } from "../../shared/records/task-store.ts";
import { errorFields } from "../../shared/runtime/error-fields.ts";
import { type Authentication, authenticate } from "./authenticate.ts";
import { claimStrategy } from "./idempotency/claim.ts";
import { naturalStrategy } from "./idempotency/natural.ts";
import type { AttemptWorker, Strategy } from "./idempotency/strategy.ts";
import { transactionStrategy } from "./idempotency/transaction.ts";
import { unrunnableStrategy } from "./idempotency/unrunnable.ts";
import { type Outcome, SHUTTING_DOWN, respond } from "./outcome.ts";
import { type Delivery, parseDelivery } from "./parse-delivery.ts";
import { DeliveryTelemetry } from "./telemetry/delivery-telemetry.ts";
import type { Worker } from "./worker.ts";

const OVERLOADED: Outcome = { kind: "unavailable", reason: "overloaded" };

/** One delivery, from request to response. */
export async function deliver(request: Request, worker: Worker): Promise<Response> {
  const telemetry = new DeliveryTelemetry(request, worker);
  try {
    const outcome = await worker.shutdown.track(outcomeInSlot(request, worker, telemetry));
    const response = respond(outcome);
    telemetry.end(outcome, response.status);
    return response;
  } catch (error) {
    telemetry.fail();
    throw error;
  }
}

/** A delivery that this instance has no room for is refused before its body is read. */
async function outcomeInSlot(request: Request, worker: Worker, telemetry: DeliveryTelemetry): Promise<Outcome> {
  if (worker.shutdown.begun) return SHUTTING_DOWN;
  const slot = worker.admission.admit(request.headers, worker.rules.maxBodyBytes);
  if (!slot) return OVERLOADED;
  try {
    return await outcomeOf(request, slot, { worker, telemetry });
  } finally {
    slot.release();
  }
}

/** Authenticate, parse, begin, run, finish: each step has its own file. */
async function outcomeOf(
  request: Request,
  slot: Slot,
  { worker, telemetry }: { readonly worker: Worker; readonly telemetry: DeliveryTelemetry },
): Promise<Outcome> {
  const caller = await authenticate(request.headers, worker.tokens);
  if (caller.kind !== "authenticated") return outcomeOfRefusal(caller);

  const delivery = await parseDelivery(request, worker.rules, slot);
  if (delivery.refused) return delivery.outcome;

  const log = telemetry.identify(delivery);
  // Keys and bodies can take long to arrive. A delivery that hasn't claimed its task by now doesn't begin.
  if (worker.shutdown.begun) return SHUTTING_DOWN;

  const task = new RunningTask(log);
  const attempt = (): Promise<Outcome> =>
    attemptIn(ownedBy(task, delivery), { worker: { ...worker, log, task }, telemetry });
  try {
    return await task.run(() => worker.around(delivery, () => task.leave(attempt)));
  } finally {
    task.end();
  }
}

async function attemptIn(
  delivery: Delivery,
  { worker, telemetry }: { readonly worker: AttemptWorker; readonly telemetry: DeliveryTelemetry },
): Promise<Outcome> {
  const strategy = strategyFor(delivery, worker);
  try {
    const attempt = await telemetry.step("claim", () => strategy.begin());
    if (attempt.rejected) return attempt.outcome;

    const ran = await telemetry.step("handle", () => strategy.run(attempt));
    return await telemetry.step("settle", () => strategy.finish(attempt, ran));
  } catch (error) {
    if (!(error instanceof RecordStoreError)) throw error;
    worker.log.warn(errorFields(error), "the record store can't be reached");
    return { kind: "unavailable", reason: "record-store" };
  }
}

function outcomeOfRefusal(caller: Exclude<Authentication, { kind: "authenticated" }>): Outcome {
  return caller.kind === "keys-unavailable" ? { kind: "unavailable", reason: "keys" } : caller;
}

/** The delivery, with a handler that runs as the task's own code. */
function ownedBy(task: RunningTask, delivery: Delivery): Delivery {
  if (delivery.kind === "unrunnable") return delivery;
  return { ...delivery, run: (context) => task.run(() => delivery.run(context)) };
}

function strategyFor(delivery: Delivery, worker: AttemptWorker): Strategy {
  switch (delivery.kind) {
    case "claim":
      return claimStrategy(delivery, worker);
    case "transaction":
      return transactionStrategy(delivery, worker);
    case "natural":
      return naturalStrategy(delivery, worker);
    case "unrunnable":
      return unrunnableStrategy(delivery, worker);
    default:
      return delivery satisfies never;
  }
}
