import type { Json } from "../../../shared/contract/any-json.ts";
import { ABORT_GRACE_MS, SHUTDOWN_GRACE_MS } from "../../../shared/contract/queues.ts";
import type { TaskId } from "../../../shared/contract/task-id.ts";
import { pollUntilTrue } from "../../../shared/runtime/poll-until-true.ts";
import type { Clock } from "../../../shared/runtime/clock.ts";
import { shorten } from "../../../shared/process/cut.ts";
import { errorFields } from "../../../shared/runtime/error-fields.ts";
import { classOf } from "../../../shared/process/thrown.ts";
import type { AttemptEnd } from "../lifecycle/settlement.ts";
import { type Outcome, SHUTTING_DOWN } from "../outcome.ts";
import type { RunnableDelivery } from "../parse-delivery.ts";
import type { Worker } from "../worker.ts";
import type { RunContext } from "./handler.ts";
import { describeThrown } from "../../../shared/process/describe-thrown.ts";
import type { RunningTask } from "../../../shared/process/running-task.ts";

/** Why an attempt was told to stop. A fault is an error in work that its handler started and didn't wait for. */
export type AbortCause = "timeout" | "shutdown" | "fault" | "cancel";

/** What is left to finish after running an attempt. */
export type Ran =
  | { readonly kind: "ended"; readonly end: AttemptEnd }
  /** Nothing is left to write: the work and its record were committed together, or the handler is still running. */
  | { readonly kind: "decided"; readonly outcome: Outcome };

/** How one kind of task runs its handler. */
export interface Work {
  run(context: RunContext): Promise<Ran>;
  /** The result of an attempt that didn't stop within its grace period. `end` says why it was told to stop. */
  whenStuck(end: AbortedEnd): Ran;
}

/** The end of an attempt that was told to stop and has no better result. */
export type AbortedEnd = Extract<AttemptEnd, { kind: "threw" | "timed-out" | "released" | "cancelled" }>;

const MAX_CLASS_NAME_LENGTH = 100;

/** What the log says about a handler that keeps running although its task was cancelled. */
const IGNORED_CANCEL = { code: "cancelled", message: "The handler went on after its task was cancelled." };

const TIMED_OUT = { code: "timeout", message: "The handler used up its time." };

/** How long a handler may ignore its signal, in milliseconds. */
export const GRACE_MS: Readonly<Record<AbortCause, number>> = {
  timeout: ABORT_GRACE_MS,
  shutdown: SHUTDOWN_GRACE_MS,
  fault: ABORT_GRACE_MS,
  cancel: ABORT_GRACE_MS,
};

/** What the signal's reason says. */
export const ABORT_REASON: Readonly<Record<AbortCause, string>> = {
  timeout: "The attempt's time is used up.",
  shutdown: "The worker is shutting down.",
  fault: "The attempt left a promise that rejected, or threw where nothing caught it.",
  cancel: "The task was cancelled.",
};

/**
 * Runs the handler until it ends, or until it has ignored its signal for longer than a grace period.
 *
 *     |------- timeoutMs -------|-- ABORT_GRACE_MS --|
 *     start                     signal fires         stuck
 */
export async function runHandler(
  delivery: RunnableDelivery,
  attempt: number,
  { work, worker }: { readonly work: Work; readonly worker: HandlerWorker },
): Promise<Ran> {
  const { clock, task } = worker;
  const { id } = delivery.envelope;
  const ask = (): Promise<boolean> => isCancelled(id, worker);
  const watch = pollUntilTrue(ask, { clock, everyMs: delivery.cancelCheckMs });
  const abort = startAbort(delivery.timeoutMs, {
    clock,
    shutdown: worker.shutdown.signal,
    faulted: task.faulted,
    cancelled: watch.signal,
  });
  const context: RunContext = {
    signal: abort.signal,
    isCancelled: ask,
    idempotencyKey: id,
    attempt,
    enqueuedAt: delivery.envelope.enqueuedAt,
    clock,
    log: worker.log,
  };
  try {
    // A stuck handler may leave calls of the store's client in progress.
    const running = worker.store.track(work.run(context));
    const stuck = abort.graceOver.then((cause) => work.whenStuck(abortedEnd(cause, task, delivery)));
    const ran = await Promise.race([running, stuck]);
    const cause = abort.cause();
    return ran.kind === "ended" && cause
      ? { kind: "ended", end: endUnderAbort(ran.end, cause, { task, delivery }) }
      : ran;
  } finally {
    watch.end();
    abort.clear();
  }
}

/**
 * Whether a task was cancelled, or a cancel was requested: one read. False if Firestore doesn't respond in time: a
 * task must not stop for that.
 */
async function isCancelled(id: TaskId, { store, log }: Pick<Worker, "store" | "log">): Promise<boolean> {
  try {
    const record = await store.within(store.stepUntilMs(), () => store.find(id));
    return record?.state === "cancelled" || record?.cancelRequestedAt !== undefined;
  } catch (error) {
    log.warn(errorFields(error), "whether the task was cancelled can't be read");
    return false;
  }
}

/** What running a handler depends on. */
interface HandlerWorker extends Pick<Worker, "clock" | "log" | "shutdown" | "store"> {
  readonly task: RunningTask;
}

/** Runs a handler directly. If it throws, that is an end, too. */
export async function runDirectly(delivery: RunnableDelivery, context: RunContext): Promise<Ran> {
  try {
    return { kind: "ended", end: await delivery.run(context) };
  } catch (error) {
    context.log.error(errorFields(error), "the handler threw");
    return { kind: "ended", end: threw(error, delivery.envelope.payload) };
  }
}

/**
 * The end of a handler that threw. An error's message may contain anything, so the record's error only has its class. The
 * attempt's log has more.
 */
export function threw(error: unknown, payload: Json): AttemptEnd {
  const name = shorten(classOf(error), MAX_CLASS_NAME_LENGTH);
  const thrown = describeThrown(error, payload);
  return { kind: "threw", error: { code: "handler_threw", message: `The handler threw ${name}.` }, thrown };
}

/** A stuck handler has failed, unless a shutdown stopped it. */
export function failedWhenStuck(end: AbortedEnd): Outcome {
  if (end.kind === "released") return SHUTTING_DOWN;
  return { kind: "failed", error: end.kind === "cancelled" ? IGNORED_CANCEL : end.error };
}

/** The end of an attempt whose task had a fault. What was thrown may contain anything, so the record's error has its class. */
export function faulted(task: RunningTask, delivery: RunnableDelivery): Ran {
  return { kind: "ended", end: faultEnd(task, delivery) };
}

function faultEnd({ fault }: RunningTask, { envelope }: RunnableDelivery): AbortedEnd {
  const name = shorten(classOf(fault?.error), MAX_CLASS_NAME_LENGTH);
  const thrown = describeThrown(fault?.error, envelope.payload);
  return fault?.kind === "uncaught-exception"
    ? {
        kind: "threw",
        error: { code: "uncaught_exception", message: `Outside the handler, ${name} was thrown.` },
        thrown,
      }
    : {
        kind: "threw",
        error: { code: "unhandled_rejection", message: `A promise nobody waited for: ${name}.` },
        thrown,
      };
}

function abortedEnd(cause: AbortCause, task: RunningTask, delivery: RunnableDelivery): AbortedEnd {
  switch (cause) {
    case "timeout":
      return { kind: "timed-out", error: TIMED_OUT };
    case "shutdown":
      return { kind: "released" };
    case "fault":
      return faultEnd(task, delivery);
    case "cancel":
      return { kind: "cancelled" };
    default:
      return cause satisfies never;
  }
}

/**
 * A success or a permanent failure counts, however late; but after a fault, part of the work has failed, and a handler
 * that reports success doesn't know. Any other end of an aborted attempt is put down to the abort.
 */
function endUnderAbort(
  end: AttemptEnd,
  cause: AbortCause,
  { task, delivery }: { readonly task: RunningTask; readonly delivery: RunnableDelivery },
): AttemptEnd {
  const stands = end.kind === "permanent" || (end.kind === "succeeded" && cause !== "fault");
  return stands ? end : abortedEnd(cause, task, delivery);
}

/**
 * Tells one attempt to stop when it has run for `timeoutMs` milliseconds, the worker shuts down, it has a fault, or its
 * task is cancelled.
 */
export function startAbort(
  timeoutMs: number,
  {
    clock,
    ...signals
  }: {
    readonly clock: Clock;
    readonly shutdown?: AbortSignal | undefined;
    readonly faulted?: AbortSignal;
    readonly cancelled?: AbortSignal;
  },
) {
  const controller = new AbortController();
  const { promise: graceOver, resolve: endGrace } = Promise.withResolvers<AbortCause>();
  let cause: AbortCause | null = null;

  const abort = (by: AbortCause): void => {
    const first = (cause ??= by);
    controller.abort(new Error(ABORT_REASON[first]));
    // A shutdown cuts short the grace period that a timeout began.
    timers.push(clock.setTimer(GRACE_MS[by], () => endGrace(first)));
  };
  const timers = [clock.setTimer(timeoutMs, () => abort("timeout"))];
  const sources = [
    { signal: signals.shutdown, onAbort: () => abort("shutdown") },
    { signal: signals.faulted, onAbort: () => abort("fault") },
    { signal: signals.cancelled, onAbort: () => abort("cancel") },
  ];
  for (const { signal, onAbort } of sources) {
    signal?.addEventListener("abort", onAbort);
    if (signal?.aborted) onAbort();
  }

  return {
    /** Fires when the work must stop. */
    signal: controller.signal,
    /** Resolves if the work was told to stop and didn't within its grace period. */
    graceOver,
    /** Why the signal fired; null while it hasn't. */
    cause: () => cause,
    /** Call this when the work has ended, so that no timer is left. */
    clear() {
      for (const timer of timers) timer.cancel();
      for (const { signal, onAbort } of sources) signal?.removeEventListener("abort", onAbort);
    },
  };
}
