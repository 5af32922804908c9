import { expect, it } from "vitest";
import * as z from "zod";
import { assembleHandlers } from "../../../../services/worker/runner/assemble-handlers.ts";
import {
  type BoundHandler,
  type RunContext,
  bindHandler,
  bindTransactionHandler,
  succeeded,
} from "../../../../services/worker/runner/handler.ts";
import { defineRegistry } from "../../../../shared/contract/registry.ts";
import { secret, setting } from "../../../../shared/contract/task-settings.ts";
import { defineTask } from "../../../../shared/contract/task-type.ts";
import { ConfigError } from "../../../../shared/runtime/config-error.ts";
import { TEST_QUEUES } from "../../../harness/registry/test-queues.ts";
import { detachedWorker } from "../../../harness/worker/detached-worker.ts";

const common = { payload: z.strictObject({}), queue: "default", timeoutMs: 1_000, attempts: 1 } as const;
const mailed = defineTask({ ...common, type: "mail.send", settings: { MAIL_KEY: secret() } });
const counted = defineTask({
  ...common,
  type: "visit.count",
  idempotency: "natural",
  settings: { PAGES: setting({ schema: z.coerce.number().default(1) }) },
});
const moved = defineTask({ ...common, type: "money.move", idempotency: "transaction" });
const registry = defineRegistry({ queues: TEST_QUEUES, taskTypes: [mailed, counted, moved] });

const handlers = {
  "mail.send": bindHandler(mailed, async (_, { settings }) => succeeded(settings)),
  "visit.count": bindHandler(counted, async (_, { settings }) => succeeded(settings)),
  "money.move": bindTransactionHandler(moved, async () => succeeded()),
};
const settings = new Map<string, unknown>([
  ["MAIL_KEY", "key"],
  ["PAGES", 7],
]);

/** How a handler ends, with the settings that it received. */
async function runOf(handler: BoundHandler | undefined) {
  const prepared = handler?.prepare({});
  if (!prepared?.ok) throw new Error("There is a handler, and the payload fits.");
  const { clock, log } = detachedWorker();
  const { signal } = new AbortController();
  const isCancelled = () => Promise.resolve(false);
  const context: RunContext = { signal, isCancelled, idempotencyKey: "k", attempt: 1, enqueuedAt: "", clock, log };
  return await prepared.run(context);
}

const refusal = (...problems: readonly string[]): ConfigError =>
  new ConfigError(
    `services/worker/handlers/index.ts and the task types don't match:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`,
  );

it("gives each task type its handler, and each handler its own settings", async () => {
  const assembled = assembleHandlers(registry, handlers, settings);
  expect([...assembled.keys()]).toEqual(["mail.send", "visit.count", "money.move"]);
  expect(await runOf(assembled.get("mail.send"))).toEqual({ kind: "succeeded", result: { MAIL_KEY: "key" } });
  expect(await runOf(assembled.get("visit.count"))).toEqual({ kind: "succeeded", result: { PAGES: 7 } });
});

it("refuses a task type without a handler, at compile time too", () => {
  const { "mail.send": _, ...others } = handlers;
  // @ts-expect-error There is no handler for "mail.send".
  expect(() => assembleHandlers(registry, others, settings)).toThrow(refusal('Task type "mail.send" has no handler.'));
});

it("refuses a handler without a task type, at compile time too", () => {
  const fewer = defineRegistry({ queues: TEST_QUEUES, taskTypes: [mailed, counted] });
  const { "mail.send": mail, "visit.count": count, "money.move": move } = handlers;
  const assemble = () =>
    assembleHandlers(
      fewer,
      // @ts-expect-error There is no task type "money.move".
      { "mail.send": mail, "visit.count": count, "money.move": move },
      settings,
    );
  expect(assemble).toThrow(
    refusal('There is a handler for "money.move", which is not a task type in shared/tasks/index.ts.'),
  );
});

it("refuses a handler that was bound to another task type, at compile time too", () => {
  const swapped = { ...handlers, "visit.count": handlers["mail.send"] };
  // @ts-expect-error The handler for "visit.count" is that of "mail.send".
  expect(() => assembleHandlers(registry, swapped, settings)).toThrow(
    refusal('The handler for "visit.count" was bound to another task type, "mail.send".'),
  );
});

it("refuses an ordinary handler of a transaction type, at compile time too", () => {
  // @ts-expect-error "money.move" runs in a transaction.
  const ordinary: BoundHandler<typeof moved> = bindHandler(moved, async () => succeeded());
  expect(() => assembleHandlers(registry, { ...handlers, "money.move": ordinary }, settings)).toThrow(
    refusal('The handler for "money.move" must be made by bindTransactionHandler, since it runs in a transaction.'),
  );
});

it.each([mailed, counted])("refuses a transaction handler of the type $type, at compile time too", (taskType) => {
  // @ts-expect-error Neither type runs in a transaction.
  const inTransaction: BoundHandler<never> = bindTransactionHandler(taskType, async () => succeeded());
  expect(() => assembleHandlers(registry, { ...handlers, [taskType.type]: inTransaction }, settings)).toThrow(
    refusal(`The handler for "${taskType.type}" must be made by bindHandler, since it doesn't run in a transaction.`),
  );
});

it("reports all problems at once", () => {
  const { "mail.send": _, ...others } = { ...handlers, "visit.count": handlers["mail.send"] };
  // @ts-expect-error One handler is missing, and one is another's.
  expect(() => assembleHandlers(registry, others, settings)).toThrow(
    refusal(
      'Task type "mail.send" has no handler.',
      'The handler for "visit.count" was bound to another task type, "mail.send".',
    ),
  );
});
