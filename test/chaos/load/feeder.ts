import { setTimeout as sleep } from "node:timers/promises";
import type { Idempotency } from "../../../shared/contract/task-type.ts";
import { seeded } from "../../../packages/emulators/test/contract/firestore/support/seeded.ts";
import { type Services, follow, order, runNow } from "./caller.ts";
import { fingerprint } from "./fingerprint.ts";
import { type PlannedTask, planOne } from "./task-plan.ts";

/** Requests tasks as callers do, each until it is accepted. */
export interface Feeder {
  readonly offered: number;
  readonly accepted: number;
  /** Resolves when every task of the plan has been requested, and all that is done about it has been answered. */
  readonly done: Promise<void>;
  /**
   * Has the tasks run at once that were put off, as an operator does after a worker with a wrong clock has put them off for
   * minutes.
   */
  hurry(): Promise<void>;
}

const MIN_EXTRA_GAP_MS = 400;

/**
 * While workers have so many deliveries, no more tasks are requested. Otherwise a long run on a small machine ends in
 * deliveries that are all given up before a worker has read them.
 */
const MAX_UNDER_WAY = 150;
const LOOK_MS = 50;

/**
 * Requests a task every `gapMs`, or later if the workers are busy. If the plan ends before `faultsAreOver` resolves, tasks that succeed at once follow, so
 * that every fault finds work to hit.
 */
export function startFeeder(options: {
  plan: readonly PlannedTask[];
  plain: boolean;
  kinds: readonly Idempotency[];
  workMs: number;
  services: Services;
  gapMs: number;
  seed: number;
  secret: string;
  faultsAreOver: () => boolean;
  /** How many deliveries the workers have now. */
  underWay: () => number;
}): Feeder {
  const { plan, plain, kinds, workMs, services, gapMs, seed, secret } = options;
  let [offered, accepted] = [0, 0];
  const orders: Promise<void>[] = [];
  const putOff = new Map<number, string>();

  const place = async (task: PlannedTask, copy: number): Promise<void> => {
    const id = await order(task, copy, services);
    if (copy > 0 || id === undefined) return;
    accepted++;
    if (task.isPaced || task.payload.script === "snoozes") putOff.set(task.payload.n, id);
    await follow(task, id, services);
  };

  const offer = (task: PlannedTask): void => {
    const { payload, kind, copies, outbox } = task;
    offered++;
    const told = { n: payload.n, payload, kind, fingerprint: fingerprint(payload), by: outbox ? "outbox" : "api" };
    services.log.write({ what: "offered", ...told, at: Date.now() });
    for (let copy = 0; copy < copies; copy++) orders.push(place(task, copy));
  };

  const feed = async (): Promise<void> => {
    for (const task of plan) {
      while (options.underWay() > MAX_UNDER_WAY) await sleep(LOOK_MS);
      offer(task);
      await sleep(gapMs);
    }
    const random = seeded(seed + 1);
    for (let n = plan.length; !options.faultsAreOver(); n++) {
      // Whose children a worker relays.
      const isParent = !plain && n % 4 === 1;
      const script = isParent ? "parent" : "ok";
      const more = planOne({ n, script, copies: 1, kinds, workMs, seed, secret, random });
      offer(plain || n % 2 === 0 ? more : { ...more, outbox: { rollBack: null, isContested: false } });
      await sleep(Math.max(gapMs, MIN_EXTRA_GAP_MS));
    }
    await Promise.all(orders);
  };
  return {
    get offered() {
      return offered;
    },
    get accepted() {
      return accepted;
    },
    done: feed(),
    async hurry() {
      await Promise.all([...putOff].map(([n, id]) => runNow(n, id, { afterMs: 0, services })));
    },
  };
}
