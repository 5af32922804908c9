import type { Clock, Timer } from "../../kernel/clock.ts";
import { type Duration, toMillis } from "../../kernel/duration.ts";
import type { FaultFrequency, FaultSet } from "../../kernel/fault-set.ts";
import type { QueuedTask } from "../dispatch/attempt-outcome.ts";
import type { DeliveryAbort } from "../dispatch/request/delivery-abort.ts";
import type { Deliveries } from "./deliveries.ts";
import type { Delivered } from "./delivered.ts";
import type { Sender, Sending } from "../dispatch/request/delivery.ts";
import type { History } from "./history.ts";
import { isSuccess } from "../dispatch/request/response-status.ts";

/** Which deliveries a fault is for, by default all. */
interface DeliverySelector {
  /** A queue's full name. */
  readonly queue?: string;
  /** A task's full name. */
  readonly task?: string;
  /** Which attempt at a task, from 1. */
  readonly dispatch?: number;
}

/** What can go wrong with a delivery. */
type DeliveryEffect =
  /** It is delivered twice at the same time. The response to the second is ignored. */
  | { readonly kind: "duplicate"; readonly when: "at-once" }
  /** It is delivered again some time after it was sent, or after it succeeded. `after` defaults to 0. */
  | { readonly kind: "duplicate"; readonly when: "late" | "after-success"; readonly after?: Duration }
  /** It is sent later than it is due. */
  | { readonly kind: "delay"; readonly by: Duration }
  /** It is sent up to this much later, each delivery by a different amount, so that they overtake each other. */
  | { readonly kind: "reorder"; readonly within: Duration }
  /** The worker handles it, but the response is lost with the connection. */
  | { readonly kind: "answer-lost" }
  /** The connection is reset before anything is sent. */
  | { readonly kind: "connection-reset" }
  /** It times out as soon as it is sent, while the worker continues. */
  | { readonly kind: "deadline-overrun" };

/** A fault of deliveries. */
export type DeliveryFault = FaultFrequency & DeliverySelector & DeliveryEffect;

/**
 * Checks the durations of a fault.
 *
 * @throws RangeError when one is invalid.
 */
export function checkDeliveryFault(fault: DeliveryFault): void {
  if (fault.kind === "delay") toMillis(fault.by);
  if (fault.kind === "reorder") toMillis(fault.within);
  if (fault.kind === "duplicate" && fault.when !== "at-once") toMillis(fault.after ?? 0);
}

interface FaultySenderDeps {
  readonly sender: Sender;
  readonly faults: FaultSet<DeliveryFault | (FaultFrequency & { readonly kind: "call" })>;
  readonly clock: Clock;
  readonly deliveries: Deliveries;
  readonly history: History;
}

/** Wraps a sender so that faults happen to its deliveries. */
export function createFaultySender(deps: FaultySenderDeps): Sender {
  const { sender, faults } = deps;
  return {
    deliver(queued, sending) {
      if (faults.isEmpty) return sender.deliver(queued, sending);
      const { queue, task } = queued;
      const name = `${queue.name.name}/tasks/${task.id}`;
      const occasion = `${name} ${task.dispatchCount}`;
      const fault = faults.trigger(occasion, (each): each is DeliveryFault => {
        if (each.kind === "call") return false;
        if (each.queue !== undefined && each.queue !== queue.name.name) return false;
        if (each.task !== undefined && each.task !== name) return false;
        return each.dispatch === undefined || each.dispatch === task.dispatchCount;
      });
      if (!fault) return sender.deliver(queued, sending);
      sending.record.fault = describeFault(fault);
      return deliverWith(fault, { queued, sending, occasion }, deps);
    },
    close: () => sender.close(),
  };
}

function describeFault(fault: DeliveryFault): string {
  switch (fault.kind) {
    case "duplicate":
      return `delivered twice (${fault.when})`;
    case "delay":
      return `delayed by ${fault.by}`;
    case "reorder":
      return `reordered within ${fault.within}`;
    case "answer-lost":
      return "response lost";
    case "connection-reset":
      return "connection reset";
    case "deadline-overrun":
      return "timed out once sent";
  }
}

interface FaultyDelivery {
  readonly queued: QueuedTask;
  readonly sending: Sending;
  readonly occasion: string;
}

async function deliverWith(
  fault: DeliveryFault,
  { queued, sending, occasion }: FaultyDelivery,
  deps: FaultySenderDeps,
): Promise<Delivered> {
  const { sender, clock, faults } = deps;
  switch (fault.kind) {
    case "duplicate":
      return deliverTwice(fault, { queued, sending }, deps);
    case "delay":
      await pause(clock, toMillis(fault.by), sending.abort);
      return sender.deliver(queued, sending);
    case "reorder":
      await pause(clock, Math.floor(toMillis(fault.within) * faults.chance(`delay ${occasion}`)), sending.abort);
      return sender.deliver(queued, sending);
    case "answer-lost": {
      const delivered = await sender.deliver(queued, sending);
      if (delivered.kind === "aborted") return delivered;
      return { kind: "unreachable", reason: "Injected fault: the response was lost." };
    }
    case "connection-reset":
      return sender.deliver(queued, { ...sending, manner: "reset" });
    case "deadline-overrun":
      return sender.deliver(queued, { ...sending, manner: "timeout" });
  }
}

async function deliverTwice(
  fault: DeliveryFault & { readonly kind: "duplicate" },
  { queued, sending }: Pick<FaultyDelivery, "queued" | "sending">,
  deps: FaultySenderDeps,
): Promise<Delivered> {
  // A copy: by the time the second is sent, the first may have changed the task's counters.
  const second = { queue: queued.queue, task: { ...queued.task } };
  const delayMs = fault.when === "at-once" ? 0 : toMillis(fault.after ?? 0);
  if (fault.when === "at-once") deps.deliveries.begin(extraDelivery(second, deps));
  if (fault.when === "late") deps.deliveries.beginLater(extraDelivery(second, deps), delayMs);
  const delivered = await deps.sender.deliver(queued, sending);
  if (fault.when === "after-success" && isSuccess(delivered)) {
    deps.deliveries.beginLater(extraDelivery(second, deps), delayMs);
  }
  return delivered;
}

/** A delivery whose outcome doesn't affect the task. */
function extraDelivery(queued: QueuedTask, { sender, clock, history }: FaultySenderDeps) {
  const { queue, task } = queued;
  return {
    queue,
    describe: () => `A duplicate of ${queue.name.name}/tasks/${task.id} (dispatch ${task.dispatchCount})`,
    async run(abort: DeliveryAbort): Promise<void> {
      const record = history.begin(queued, { dispatchedMs: clock.now(), fault: "a duplicate" });
      const outcome = await sender.deliver(queued, { abort, record });
      history.end(record, { endedMs: clock.now(), outcome });
    },
  };
}

/** Waits by the clock, or until the delivery is aborted. */
function pause(clock: Clock, delayMs: number, abort: DeliveryAbort): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      timer.cancel();
      abort.onAbort(undefined);
      resolve();
    };
    const timer: Timer = clock.setTimer(delayMs, end);
    abort.onAbort(end);
  });
}
