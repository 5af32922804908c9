import type { Clock, Timer } from "../../kernel/clock.ts";
import { type Duration, toMillis } from "../../kernel/duration.ts";
import type { FaultFrequency, FaultSet } from "../../kernel/fault-set.ts";
import type { QueuedTask } from "../dispatch/attempt-outcome.ts";
import type { BreakOff } from "../dispatch/request/delivery-abort.ts";
import type { Deliveries } from "./deliveries.ts";
import type { Delivered } from "./delivered.ts";
import type { Courier, Sending } from "../dispatch/request/delivery.ts";
import type { History } from "./history.ts";
import { isSuccess } from "../dispatch/request/response-status.ts";

/** Which deliveries a fault may strike: all of them unless narrowed. */
interface DeliverySelector {
  /** A queue's full name. */
  readonly queue?: string;
  /** A task's full name. */
  readonly task?: string;
  /** Which dispatch of a task, from 1. */
  readonly dispatch?: number;
}

/** What can be done to a delivery. */
export type DeliveryMishap =
  /** It is delivered twice at the same time. What the worker answers to the second is ignored. */
  | { readonly kind: "duplicate"; readonly when: "at-once" }
  /** It is delivered again some time after it was sent, or after it succeeded. Default for `after`: 0. */
  | { readonly kind: "duplicate"; readonly when: "late" | "after-success"; readonly after?: Duration }
  /** It is sent later than it is due. */
  | { readonly kind: "delay"; readonly by: Duration }
  /** It is sent up to so much later, each delivery by an amount of its own, so that they overtake each other. */
  | { readonly kind: "reorder"; readonly within: Duration }
  /** The worker handles it, and its answer is lost with the connection. */
  | { readonly kind: "answer-lost" }
  /** The connection is reset before anything is sent. */
  | { readonly kind: "connection-reset" }
  /** It is given up as if its dispatch deadline were over, as soon as it is sent; the worker goes on with it. */
  | { readonly kind: "deadline-overrun" };

/** A fault of deliveries. */
export type DeliveryFault = FaultFrequency & DeliverySelector & DeliveryMishap;

/**
 * Checks a fault before it can strike.
 *
 * @throws RangeError when a duration of it is none.
 */
export function checkMishap(mishap: DeliveryMishap): void {
  if (mishap.kind === "delay") toMillis(mishap.by);
  if (mishap.kind === "reorder") toMillis(mishap.within);
  if (mishap.kind === "duplicate" && mishap.when !== "at-once") toMillis(mishap.after ?? 0);
}

interface FaultyCourierDeps {
  readonly courier: Courier;
  readonly faults: FaultSet<DeliveryFault | (FaultFrequency & { readonly kind: "call" })>;
  readonly clock: Clock;
  readonly deliveries: Deliveries;
  readonly history: History;
}

/** A courier to whose deliveries the faults happen; without any, it is the one it is given. */
export function createFaultyCourier(deps: FaultyCourierDeps): Courier {
  const { courier, faults } = deps;
  return {
    deliver(queued, sending) {
      if (faults.isEmpty) return courier.deliver(queued, sending);
      const { queue, task } = queued;
      const name = `${queue.name.name}/tasks/${task.id}`;
      const occasion = `${name} ${task.dispatchCount}`;
      const fault = faults.strike(occasion, (each): each is DeliveryFault => {
        if (each.kind === "call") return false;
        if (each.queue !== undefined && each.queue !== queue.name.name) return false;
        if (each.task !== undefined && each.task !== name) return false;
        return each.dispatch === undefined || each.dispatch === task.dispatchCount;
      });
      if (!fault) return courier.deliver(queued, sending);
      sending.record.fault = describeMishap(fault);
      return deliverWith(fault, { queued, sending, occasion }, deps);
    },
    close: () => courier.close(),
  };
}

function describeMishap(mishap: DeliveryMishap): string {
  switch (mishap.kind) {
    case "duplicate":
      return `delivered twice (${mishap.when})`;
    case "delay":
      return `delayed by ${mishap.by}`;
    case "reorder":
      return `reordered within ${mishap.within}`;
    case "answer-lost":
      return "its answer lost";
    case "connection-reset":
      return "its connection reset";
    case "deadline-overrun":
      return "given up once sent, as at its deadline";
  }
}

interface Struck {
  readonly queued: QueuedTask;
  readonly sending: Sending;
  readonly occasion: string;
}

async function deliverWith(
  fault: DeliveryFault,
  { queued, sending, occasion }: Struck,
  deps: FaultyCourierDeps,
): Promise<Delivered> {
  const { courier, clock, faults } = deps;
  switch (fault.kind) {
    case "duplicate":
      return deliverTwice(fault, { queued, sending }, deps);
    case "delay":
      await pause(clock, toMillis(fault.by), sending.breakOff);
      return courier.deliver(queued, sending);
    case "reorder":
      await pause(clock, Math.floor(toMillis(fault.within) * faults.chance(`delay ${occasion}`)), sending.breakOff);
      return courier.deliver(queued, sending);
    case "answer-lost": {
      const delivered = await courier.deliver(queued, sending);
      if (delivered.kind === "aborted") return delivered;
      return { kind: "unreachable", reason: "An injected fault: the answer was lost." };
    }
    case "connection-reset":
      return courier.deliver(queued, { ...sending, manner: "reset" });
    case "deadline-overrun":
      return courier.deliver(queued, { ...sending, manner: "unheard" });
  }
}

async function deliverTwice(
  fault: DeliveryFault & { readonly kind: "duplicate" },
  { queued, sending }: Pick<Struck, "queued" | "sending">,
  deps: FaultyCourierDeps,
): Promise<Delivered> {
  // As it is now: by the time that the second is sent, the first may have changed the task's counters.
  const second = { queue: queued.queue, task: { ...queued.task } };
  const delayMs = fault.when === "at-once" ? 0 : toMillis(fault.after ?? 0);
  if (fault.when === "at-once") deps.deliveries.begin(extraDelivery(second, deps));
  if (fault.when === "late") deps.deliveries.beginLater(extraDelivery(second, deps), delayMs);
  const delivered = await deps.courier.deliver(queued, sending);
  if (fault.when === "after-success" && isSuccess(delivered)) {
    deps.deliveries.beginLater(extraDelivery(second, deps), delayMs);
  }
  return delivered;
}

/** A delivery from which nothing follows. */
function extraDelivery(queued: QueuedTask, { courier, clock, history }: FaultyCourierDeps) {
  const { queue, task } = queued;
  return {
    queue,
    describe: () => `A duplicate of ${queue.name.name}/tasks/${task.id} (dispatch ${task.dispatchCount})`,
    async run(breakOff: BreakOff): Promise<void> {
      const record = history.begin(queued, { dispatchedMs: clock.now(), fault: "a duplicate" });
      const outcome = await courier.deliver(queued, { breakOff, record });
      history.end(record, { endedMs: clock.now(), outcome });
    },
  };
}

/** Waits by the clock, or until the delivery is broken off. */
function pause(clock: Clock, delayMs: number, breakOff: BreakOff): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      timer.cancel();
      breakOff.whenBrokenOff(undefined);
      resolve();
    };
    const timer: Timer = clock.setTimer(delayMs, end);
    breakOff.whenBrokenOff(end);
  });
}
