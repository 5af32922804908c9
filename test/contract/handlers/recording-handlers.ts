import { Firestore } from "@google-cloud/firestore";
import { VirtualClock, startFirestoreEmulator } from "handoff-emulators";
import { onTestFinished } from "vitest";
import * as z from "zod";
import {
  type HandlerContext,
  type HandlerResult,
  type TransactionContext,
  bindHandler,
  bindTransactionHandler,
  succeeded,
} from "../../../services/worker/runner/handler.ts";
import { createHarness } from "../../../services/worker/testing/harness.ts";
import { defineRegistry } from "../../../shared/contract/registry.ts";
import { secret, setting } from "../../../shared/contract/task-settings.ts";
import { defineTask } from "../../../shared/contract/task-type.ts";
import { TEST_QUEUES } from "../../harness/registry/test-queues.ts";

const schema = z.strictObject({ n: z.int(), note: z.string().optional(), unit: z.string().default("piece") });
const rules = { payload: schema, timeoutMs: 10_000, attempts: 3 };
const claimed = defineTask({
  ...rules,
  type: "test.claim",
  queue: "default",
  idempotency: "claim",
  settings: { TEST_KEY: secret(), TEST_SIZE: setting({ schema: z.coerce.number().default(7) }) },
});
export const natural = defineTask({ ...rules, type: "test.natural", queue: "bulk", idempotency: "natural" });
export const stored = defineTask({ ...rules, type: "test.stored", queue: "critical", idempotency: "transaction" });
export const registry = defineRegistry({ queues: TEST_QUEUES, taskTypes: [claimed, natural, stored] });

type Handle = (payload: z.output<typeof schema>, context: HandlerContext<typeof claimed>) => Promise<HandlerResult>;

/** What the `claim` handler and the `transaction` handler do. Default: they succeed. */
export interface Parts {
  readonly handle?: Handle;
  readonly store?: (context: TransactionContext) => Promise<HandlerResult>;
}

/** A handler of each kind. They keep what they are given. */
export function handlersOf({ handle, store }: Parts) {
  const runs: { payload: unknown; context: HandlerContext }[] = [];
  const handlers = {
    "test.claim": bindHandler(claimed, async (payload, context) => {
      runs.push({ payload, context });
      return await (handle?.(payload, context) ?? succeeded());
    }),
    "test.natural": bindHandler(natural, async (payload, context) => {
      runs.push({ payload, context });
      return succeeded();
    }),
    "test.stored": bindTransactionHandler(stored, async (payload, context) => {
      runs.push({ payload, context });
      return await (store?.(context) ?? succeeded());
    }),
  };
  return { handlers, runs };
}

/** A harness of them that has no Firestore, on a clock that stands still. */
export function setUp(parts: Parts & { settings?: { TEST_KEY?: string; TEST_SIZE?: string } } = {}) {
  const { handlers, runs } = handlersOf(parts);
  const clock = new VirtualClock();
  const harness = createHarness({ registry, handlers, clock, ...(parts.settings ? { settings: parts.settings } : {}) });
  return { harness, runs, clock };
}

/** A harness of them with a Firestore emulator. */
export async function setUpStore(store: NonNullable<Parts["store"]>) {
  const emulator = await startFirestoreEmulator();
  const db = new Firestore(emulator.clientOptions());
  onTestFinished(async () => {
    await db.terminate();
    await emulator.stop();
  });
  const { handlers, runs } = handlersOf({ store });
  return { emulator, db, runs, harness: createHarness({ registry, handlers, db }) };
}
