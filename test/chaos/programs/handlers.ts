import { setTimeout as sleep } from "node:timers/promises";
import type { DocumentReference, Firestore } from "@google-cloud/firestore";
import {
  type HandlerContext,
  type HandlerResult,
  type TransactionContext,
  bindHandler,
  bindTransactionHandler,
  failPermanently,
  retryLater,
  saturated,
  snooze,
  succeeded,
} from "../../../services/worker/runner/handler.ts";
import { childrenOf } from "../load/children.ts";
import { fingerprint } from "../load/fingerprint.ts";
import type { HandlersFor } from "../../../services/worker/runner/assemble-handlers.ts";
import {
  type CHAOS_REGISTRY,
  type ChaosPayload,
  PUT_OFF_MS,
  claimTaskType,
  naturalTaskType,
  pacedClaimTaskType,
  pacedNaturalTaskType,
  pacedTransactionTaskType,
  transactionTaskType,
} from "../load/task-types.ts";
import { scheduledTaskType } from "../load/schedules.ts";
import type { EffectLedger, LedgerRun } from "./effect-ledger.ts";

/** Longer than a lease of 20 s. */
const PAST_THE_LEASE_MS = 22_000;
const STALL_MS = 3_000;
const RECEIVER_TIMEOUT_MS = 1_500;

/** Documents of natural and transaction tasks' effects, by the task's number. */
const EFFECTS = "chaosEffects";

interface HandlerDeps {
  readonly db: Firestore;
  readonly ledger: EffectLedger;
  /** Where effects outside Google Cloud go. */
  readonly receiverUrl: string;
}

/** The handlers of the chaos task types. */
export function createChaosHandlers(deps: HandlerDeps): HandlersFor<typeof CHAOS_REGISTRY> {
  const natural = naturalHandler(deps);
  const transaction = transactionHandler(deps);
  const claim = claimHandler(deps);
  return {
    "chaos.natural": bindHandler(naturalTaskType, natural),
    "chaos.natural.paced": bindHandler(pacedNaturalTaskType, natural),
    "chaos.transaction": bindTransactionHandler(transactionTaskType, transaction),
    "chaos.transaction.paced": bindTransactionHandler(pacedTransactionTaskType, transaction),
    "chaos.claim": bindHandler(claimTaskType, claim),
    "chaos.claim.paced": bindHandler(pacedClaimTaskType, claim),
    "chaos.scheduled": bindHandler(scheduledTaskType, () => Promise.resolve(succeeded())),
  };
}

function naturalHandler({ db, ledger }: HandlerDeps) {
  return (payload: ChaosPayload, context: HandlerContext): Promise<HandlerResult> =>
    recorded(ledger.begin("natural", payload, context), context, (run) =>
      play(payload, { run, context }, async () => {
        const effect = { count: 1, fingerprint: fingerprint(payload) };
        await Promise.race([documentOf(db, payload).set(effect), aborted(context.signal)]);
      }),
    );
}

function transactionHandler({ db, ledger }: HandlerDeps) {
  return (payload: ChaosPayload, context: TransactionContext): Promise<HandlerResult> =>
    recorded(ledger.begin("transaction", payload, context), context, (run) =>
      play(payload, { run, context }, async () => {
        const before: unknown = (await context.transaction.get(documentOf(db, payload))).get("count");
        const count = typeof before === "number" ? before + 1 : 1;
        context.transaction.set(documentOf(db, payload), { count, fingerprint: fingerprint(payload) });
      }),
    );
}

function claimHandler({ ledger, receiverUrl }: HandlerDeps) {
  return (payload: ChaosPayload, context: HandlerContext): Promise<HandlerResult> =>
    recorded(ledger.begin("claim", payload, context), context, (run) =>
      play(payload, { run, context }, async () => {
        const body = { n: payload.n, fingerprint: fingerprint(payload), run: run.run };
        await post(receiverUrl, context.idempotencyKey, body);
      }),
    );
}

function documentOf(db: Firestore, { n }: ChaosPayload): DocumentReference {
  return db.collection(EFFECTS).doc(`n${n}`);
}

async function recorded(
  run: LedgerRun,
  { signal }: HandlerContext,
  work: (run: LedgerRun) => Promise<HandlerResult>,
): Promise<HandlerResult> {
  try {
    const result = await work(run);
    run.end(result.kind);
    return result;
  } catch (error) {
    run.end(howItThrew(error, signal));
    throw error;
  }
}

function howItThrew(error: unknown, signal: AbortSignal): "stopped" | "unanswered" | "threw" {
  if (signal.aborted) return "stopped";
  return error instanceof DOMException && error.name === "TimeoutError" ? "unanswered" : "threw";
}

/** Does what the payload's script says, with the effect in the middle of the work. */
async function play(
  payload: ChaosPayload,
  { run, context }: { run: LedgerRun; context: HandlerContext },
  effect: () => Promise<void>,
): Promise<HandlerResult> {
  const { n, script, beforeMs, afterMs } = payload;
  const { signal } = context;
  if (script === "poison") throw new Error("A task that never works.");
  const isPermanent = script === "permanent" || (script === "dies-first" && run.isOriginal);
  if (isPermanent) return failPermanently({ code: "chaos_permanent", message: "It can't be done." });
  if (run.isFirst && script === "fails-first") {
    if (n % 2 === 0) throw new Error("It fails the first time.");
    return retryLater({ code: "chaos_retry", message: "It fails the first time." });
  }
  if (run.isFirst && script === "snoozes") return snooze({ forMs: PUT_OFF_MS });
  if (script === "parent") {
    for (const child of childrenOf(payload)) {
      context.enqueue(`chaos.${child.kind}`, child.payload, { key: child.kind });
    }
  }
  if (run.isFirst && script === "saturated") return saturated({ code: "chaos_saturated", message: "Too much." });
  if (run.isFirst && script === "stall") blockEventLoop();
  if (run.isFirst && script === "memory") exhaustMemory();
  if (run.isFirst && script === "stray-rejection") {
    void Promise.reject(new Error("Nobody waits for this."));
    await aborted(signal);
  }
  if (run.isFirst && script === "slow") await sleep(PAST_THE_LEASE_MS);
  else await sleep(beforeMs, undefined, { signal });
  await effect();
  run.effect();
  await sleep(afterMs, undefined, script === "slow" ? {} : { signal });
  return succeeded({ n });
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(new Error("Told to stop.")), { once: true });
  });
}

/** An outside effect, sent with a key by which the receiver can recognise a repeat. */
async function post(url: string, idempotencyKey: string, body: object): Promise<void> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": idempotencyKey },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(RECEIVER_TIMEOUT_MS),
  });
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`The receiver answered ${answer.status}.`);
}

function blockEventLoop(): void {
  const untilMs = performance.now() + STALL_MS;
  while (performance.now() < untilMs);
}

const CHUNK = 1_000_000;
const MAX_CHUNKS = 1_000;

/** Allocates memory until the process reaches its limit. */
function exhaustMemory(): void {
  const held: number[][] = [];
  while (held.length < MAX_CHUNKS) held.push(Array.from({ length: CHUNK }, (_, index) => index + held.length / 2));
  throw new Error("This process's memory has no limit.");
}
