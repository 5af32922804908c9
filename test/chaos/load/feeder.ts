import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { Idempotency } from "../../../shared/contract/task-type.ts";
import { seeded } from "../../../packages/emulators/test/contract/firestore/support/seeded.ts";
import { fingerprint } from "./fingerprint.ts";
import type { LineLog } from "../line-log.ts";
import { type PlannedTask, planOne } from "./task-plan.ts";

/** Requests tasks as callers do, each until it is accepted. */
export interface Feeder {
  readonly offered: number;
  readonly accepted: number;
  /** Resolves when every task of the plan has been requested and answered. */
  readonly done: Promise<void>;
}

const MOST_TRIES = 120;
const PAUSE_MS = 500;
const LEAST_EXTRA_GAP_MS = 400;
const ANSWER_LIMIT_MS = 20_000;

const answerSchema = z.looseObject({ id: z.string() });

/**
 * Requests a task every `gapMs`. If the plan ends before `faultsAreOver` resolves, plain tasks follow, so that every
 * fault finds work to hit.
 */
export function startFeeder(options: {
  plan: readonly PlannedTask[];
  kinds: readonly Idempotency[];
  workMs: number;
  producers: readonly string[];
  log: LineLog;
  gapMs: number;
  seed: number;
  secret: string;
  faultsAreOver: () => boolean;
}): Feeder {
  const { plan, kinds, workMs, log, gapMs, seed, secret } = options;
  let [offered, accepted] = [0, 0];
  const orders: Promise<void>[] = [];

  const order = async (task: PlannedTask, copy: number): Promise<void> => {
    const { payload, key, kind } = task;
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const producer = options.producers[(payload.n + copy + tries) % options.producers.length] ?? "";
      const answer = await ask(producer, { type: `chaos.${kind}`, payload }, key);
      if (answer.id !== undefined) {
        if (copy === 0) accepted++;
        log.write({ what: "accepted", n: payload.n, id: answer.id, status: answer.status, at: Date.now() });
        return;
      }
      if (!answer.mayTryAgain) break;
      await sleep(PAUSE_MS);
    }
    log.write({ what: "refused", n: payload.n, at: Date.now() });
  };

  const offer = (task: PlannedTask): void => {
    const { payload, kind, copies } = task;
    offered++;
    log.write({
      what: "offered",
      n: payload.n,
      kind,
      script: payload.script,
      fingerprint: fingerprint(payload),
      at: Date.now(),
    });
    for (let copy = 0; copy < copies; copy++) orders.push(order(task, copy));
  };

  const feed = async (): Promise<void> => {
    for (const task of plan) {
      offer(task);
      await sleep(gapMs);
    }
    const random = seeded(seed + 1);
    for (let n = plan.length; !options.faultsAreOver(); n++) {
      offer(planOne({ n, script: "ok", copies: 1, kinds, workMs, seed, secret, random }));
      await sleep(Math.max(gapMs, LEAST_EXTRA_GAP_MS));
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
  };
}

interface Answer {
  readonly id?: string;
  readonly status: number;
  readonly mayTryAgain: boolean;
}

async function ask(producer: string, body: object, key: string): Promise<Answer> {
  try {
    const answer = await fetch(`${producer}/v1/tasks`, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": key },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    });
    const { status } = answer;
    const content: unknown = await answer.json();
    if (status === 202 || status === 200) return { status, id: answerSchema.parse(content).id, mayTryAgain: false };
    return { status, mayTryAgain: status === 429 || status >= 500 };
  } catch {
    return { status: 0, mayTryAgain: true };
  }
}
