import type { Idempotency } from "../../../../../shared/contract/task-type.ts";
import type { Names } from "./names.ts";

/** The definition of a new type. */
export function definitionText(
  { type, constant }: Names,
  { kind, queue }: { kind: Idempotency; queue: string },
): string {
  return `import * as z from "zod";
import { defineTask } from "../contract/task-type.ts";

/** Say what a task of this type does. */
export const ${constant} = defineTask({
  type: "${type}",
  payload: z.strictObject({ id: z.string().min(1).max(100) }),
  queue: "${queue}",
  idempotency: "${kind}",
  timeoutMs: 10_000,
  attempts: 10,
});
`;
}

/** The comment on each kind of handler: why running it twice does no harm. */
const WHY = {
  claim: "Pass `idempotencyKey` to whatever you call: it is the same for every attempt.",
  natural: "It may run any number of times, with the same result each time.",
} as const;

/** A handler that does next to nothing so far. */
export function handlerText({ type, constant, handler, files }: Names, kind: Idempotency): string {
  const definition = `../../../${files.definition}`;
  if (kind === "transaction") {
    return `import type { Firestore } from "@google-cloud/firestore";
import { ${constant} } from "${definition}";
import { bindTransactionHandler, succeeded } from "../runner/handler.ts";

/** All effects are writes of the transaction: they are committed with the task's record, or not at all. */
export function ${handler}({ db }: { db: Firestore }) {
  return bindTransactionHandler(${constant}, async ({ id }, { transaction }) => {
    const ref = db.collection("${type}").doc(id);
    const before: unknown = (await transaction.get(ref)).get("count");
    const count = typeof before === "number" ? before + 1 : 1;
    transaction.set(ref, { count });
    return succeeded({ count });
  });
}
`;
  }
  return `import { ${constant} } from "${definition}";
import { bindHandler, succeeded } from "../runner/handler.ts";

/** ${WHY[kind]} */
export const ${handler} = bindHandler(${constant}, ({ id }, { log }) => {
  log.info({ id }, "replace this by the work");
  return Promise.resolve(succeeded({ id }));
});
`;
}

/** A test that runs the handler once. */
export function testText({ type }: Names, kind: Idempotency): string {
  const result = kind === "transaction" ? "{ count: 1 }" : '{ id: "7" }';
  return `import { Firestore } from "@google-cloud/firestore";
import { startFirestoreEmulator } from "handoff-emulators";
import { expect, onTestFinished, test } from "vitest";
import { createHandlers } from "../../../services/worker/handlers/index.ts";
import { createHarness } from "../../../services/worker/testing/harness.ts";
import { registry } from "../../../shared/tasks/index.ts";

async function setUp() {
  const firestore = await startFirestoreEmulator();
  const db = new Firestore(firestore.clientOptions());
  onTestFinished(async () => {
    await db.terminate();
    await firestore.stop();
  });
  return createHarness({ registry, handlers: createHandlers({ db }), db });
}

test("${type} succeeds", async () => {
  const harness = await setUp();

  const result = await harness.run("${type}", { id: "7" });

  expect(result).toEqual({ kind: "succeeded", result: ${result} });
});
`;
}
