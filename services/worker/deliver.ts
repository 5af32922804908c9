import { RELAY_MS } from "../../shared/contract/queues.ts";
import type { Slot } from "../../shared/http/admission.ts";
import { RunningTask } from "../../shared/process/running-task.ts";
import { RecordStoreError } from "../../shared/records/record-store-error.ts";
import { settlesWithin } from "../../shared/runtime/deadline.ts";
import { errorFields } from "../../shared/runtime/error-fields.ts";
import type { Logger } from "../../shared/runtime/log.ts";
import { type Authentication, authenticate } from "./authenticate.ts";
import { claimStrategy } from "./idempotency/claim.ts";
import { naturalStrategy } from "./idempotency/natural.ts";
import { type AttemptWorker, type Strategy, beginWhenDue, unrunnableStrategy } from "./idempotency/strategy.ts";
import { transactionStrategy } from "./idempotency/transaction.ts";
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
  const on = { ...worker, log, task };
  const entries = new Set<string>();
  const strategy = strategyFor(noting(entries, ownedBy(task, delivery)), on);
  const outcome = await insideAround(task, { delivery, worker }, async () => {
    const attempt = await telemetry.step("claim", () => beginWhenDue(strategy, delivery, on));
    if (attempt.rejected) return attempt.outcome;

    const ran = await telemetry.step("handle", () => strategy.run(attempt));
    return await telemetry.step("settle", () => strategy.finish(attempt, ran));
  });
  const isRelayed = entries.size > 0 && outcome.kind !== "unavailable";
  if (isRelayed) await telemetry.step("relay", () => relaySoon(entries, worker));
  return outcome;
}

/** The delivery, with a note of each entry of the outbox that is written on its behalf. */
function noting(entries: Set<string>, delivery: Delivery): Delivery {
  return { ...delivery, onEntries: (ids) => ids.forEach((id) => entries.add(id)) };
}

/** What isn't relayed by the end of the worker's second is left to itself, and to the trigger and the sweep. */
async function relaySoon(entries: ReadonlySet<string>, { relay, clock, shutdown }: Worker): Promise<void> {
  const relaying = shutdown.track(relay.relay(entries, clock.now() + RELAY_MS));
  await settlesWithin({ clock, timeoutMs: RELAY_MS }, relaying);
}

/** Makes an attempt inside the user's `around`, which counts as the task's own code, as its handler does. */
async function insideAround(
  task: RunningTask,
  { delivery, worker }: { readonly delivery: Delivery; readonly worker: Worker },
  attempt: () => Promise<Outcome>,
): Promise<Outcome> {
  try {
    return await task.run(() => worker.around(delivery, () => task.leave(() => ifStoreAnswers(attempt, task.log))));
  } finally {
    task.end();
  }
}

/** The outcome of an attempt; without the record store it has none, and the delivery is retried. */
async function ifStoreAnswers(attempt: () => Promise<Outcome>, log: Logger): Promise<Outcome> {
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof RecordStoreError)) throw error;
    log.warn(errorFields(error), "the record store can't be reached");
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
