import { expect, test } from "vitest";
import { configKeyOf } from "../../../infra/settings/task-settings.ts";
import {
  type HandlerContext,
  bindHandler,
  failPermanently,
  retryLater,
  saturated,
  snooze,
  succeeded,
} from "../../../services/worker/runner/handler.ts";
import { ABORT_GRACE_MS, RECORD_STORE_DEADLINE_MS, RELAY_MS } from "../../../shared/contract/queues.ts";
import {
  claimTaskType,
  naturalTaskType,
  scriptedHandler,
  scriptedTransactionHandler,
  transactionTaskType,
} from "../../harness/worker/scripted-handler.ts";
import { sealTask, setUpWorker } from "../../harness/worker/worker-harness.ts";
import { DOCUMENT, codeBlocks, examples, namedFiles, rowsOf } from "./document.ts";
import { sendReceipt } from "./examples/tasks/receipt-send.ts";

test("each code block is in an example that is tested", () => {
  const tested = examples();
  expect(codeBlocks().length).toBeGreaterThan(8);
  expect(codeBlocks().filter((code) => !tested.some((text) => text.includes(code)))).toEqual([]);
});

test("each file that it names exists, except those of its examples", () => {
  const missing = namedFiles().filter(({ exists }) => !exists);
  expect(namedFiles().length).toBeGreaterThan(6);
  // Somebody who follows the document has these, too.
  const ofExamples = new Set(["shared/tasks/receipt-send.ts", "services/worker/handlers/send-receipt.ts"]);
  expect(missing.map(({ file }) => file).filter((file) => !ofExamples.has(file))).toEqual([]);
});

test("a stack's configuration takes each setting of the example under the name that it gives", () => {
  const keys = Object.keys(sendReceipt.settings).map((name) => `handoff:${configKeyOf(name)} `);
  expect(keys.filter((key) => !DOCUMENT.includes(key))).toEqual([]);
});

test("it says how much longer than a handler a dispatch takes", () => {
  const besidesMs = RECORD_STORE_DEADLINE_MS + ABORT_GRACE_MS + RECORD_STORE_DEADLINE_MS + RELAY_MS;
  expect(DOCUMENT).toContain(`at least ${besidesMs / 1_000} s longer`);
});

test("the table of the context has exactly the context's fields", async () => {
  const seen: string[] = [];
  const handler = bindHandler(claimTaskType, (_, context: HandlerContext) => {
    seen.push(...Object.keys(context));
    return Promise.resolve(succeeded());
  });
  const worker = await setUpWorker(() => [handler]);
  await worker.deliver(sealTask(claimTaskType, { n: 1 }));
  const named = rowsOf("The context of a handler").map(([name = ""]) => name.replaceAll("`", ""));
  expect(named.toSorted()).toEqual([...seen, "transaction"].toSorted());
});

type Steps = Parameters<ReturnType<typeof scriptedHandler>["steps"]>;

const error = { code: "c", message: "m" };
const retry = () => retryLater(error);
const throws = () => {
  throw new RangeError("A bug.");
};

/** What a handler does in each of its attempts, by the table's first column. With no steps it does nothing, for ever. */
const ENDS: Readonly<Record<string, Steps>> = {
  "`succeeded(result?)`": [() => succeeded({ n: 1 })],
  "`failPermanently({ code, message })`": [() => failPermanently(error)],
  "`retryLater({ code, message })`": [retry],
  "`retryLater({ code, message, retryAfterMs })`": [() => retryLater({ ...error, retryAfterMs: 30_000 })],
  "`snooze({ untilMs })` or `snooze({ forMs })`": [() => snooze({ forMs: 30_000 })],
  "`saturated({ code, message })`": [() => saturated(error)],
  "`saturated({ code, message, retryAfterMs })`": [() => saturated({ ...error, retryAfterMs: 30_000 })],
  throws: [throws],
  "ignores its signal": [],
  "`retryLater` or throws, at its last attempt": [retry, throws, retry],
};

const KINDS = {
  claim: { taskType: claimTaskType, create: () => scriptedHandler(claimTaskType) },
  natural: { taskType: naturalTaskType, create: () => scriptedHandler(naturalTaskType) },
  transaction: { taskType: transactionTaskType, create: scriptedTransactionHandler },
};

const RESULTS = rowsOf("What a handler returns");

test("the table of results has each way to end", () => {
  expect(RESULTS.map(([end]) => end)).toEqual(Object.keys(ENDS));
});

type Kind = keyof typeof KINDS;

const KIND_NAMES: readonly Kind[] = ["claim", "natural", "transaction"];

/** Delivers a task until its handler has taken all its steps; the last response, and what is then recorded. */
async function deliverAll(kind: Kind, steps: Steps) {
  const { taskType, create } = KINDS[kind];
  const handler = create().steps(...steps);
  const held = steps.length === 0 ? handler.hold() : null;
  const worker = await setUpWorker(() => [handler]);
  const task = sealTask(taskType, { n: 1 });
  for (let earlier = 1; earlier < steps.length; earlier++) await worker.deliver(task);

  const responding = worker.deliver(task);
  await held?.started;
  if (held) await worker.clock.advance(taskType.timeoutMs + ABORT_GRACE_MS);
  const { status, headers } = await responding;
  return { status, headers, runs: handler.runs.length, record: await worker.recordOf(task) };
}

const CASES = Object.entries(ENDS).map(([end, steps]) => ({ end, steps }));

test.each(CASES.flatMap(({ end, steps }) => KIND_NAMES.map((kind) => ({ kind, end, steps }))))(
  "the table gives the response for a $kind handler's end: $end",
  async ({ kind, end, steps }) => {
    const { status, headers } = await deliverAll(kind, steps);
    const wait = headers.has("retry-after") ? `, \`Retry-After: ${headers.get("retry-after")}\`` : "";
    const [, response] = RESULTS.find(([name]) => name === end) ?? [];
    expect(`${status} \`${headers.get("handoff-outcome")}\`${wait}`).toBe(response?.replace("…", "30"));
  },
);

test.each(CASES)("the table says whether an attempt counts with the end: $end", async ({ end, steps }) => {
  const { runs, record } = await deliverAll("claim", steps);
  const [, , counted] = RESULTS.find(([name]) => name === end) ?? [];
  expect(["yes", "no"]).toContain(counted);
  expect(record?.attempts).toBe(counted === "yes" ? runs : runs - 1);
});
