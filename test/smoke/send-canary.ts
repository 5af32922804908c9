import { randomUUID } from "node:crypto";
import * as z from "zod";
import { ConfigError } from "../../shared/runtime/config-error.ts";
import type { TaskType } from "../../shared/contract/task-type.ts";
import type { Caller } from "./caller.ts";

const taskSchema = z.looseObject({
  id: z.string(),
  state: z.string(),
  attempts: z.number().optional(),
  lastError: z.object({ code: z.string(), message: z.string() }).optional(),
});
type Task = z.infer<typeof taskSchema>;

/** What became of a canary. */
export type CanaryReport =
  | { readonly kind: "done"; readonly type: string; readonly task: Task; readonly tookMs: number }
  /** The task died, or was not done in time. */
  | { readonly kind: "not-done"; readonly type: string; readonly task: Task; readonly tookMs: number }
  /** The producer's response was not what it should be. */
  | { readonly kind: "refused"; readonly type: string; readonly why: string };

const LOOK_EVERY_MS = 250;

/** Enqueues a canary, waits until it is done, and enqueues it again: the second use of the key must do nothing. */
export async function sendCanary(
  { type, idempotency }: TaskType,
  { call, timeoutMs }: { readonly call: Caller; readonly timeoutMs: number },
): Promise<CanaryReport> {
  const startedMs = performance.now();
  const order = { type, payload: { sentAt: new Date().toISOString() } };
  const key = `canary-${randomUUID()}`;
  const send = (): Promise<Response> =>
    call("/v1/tasks", {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": key },
      body: JSON.stringify(order),
    });

  const accepted = await send();
  if (accepted.status !== 202) return { kind: "refused", type, why: await describeAnswer("POST /v1/tasks", accepted) };
  const { id } = await readTask(accepted);

  // A natural task leaves no record: all there is to see is that it has left its queue.
  const wanted = idempotency === "natural" ? "finished" : "succeeded";
  /** The latest view with an error, which says more than that the next attempt is running. */
  let failed: Task | undefined;
  for (;;) {
    const answer = await call(`/v1/tasks/${id}`);
    if (answer.status !== 200) return { kind: "refused", type, why: await describeAnswer("GET /v1/tasks/…", answer) };
    const task = await readTask(answer);
    const tookMs = performance.now() - startedMs;
    if (task.state === wanted) return await sendAgain(send, { type, task, tookMs });
    if (task.lastError) failed = task;
    if (task.state === "dead" || tookMs > timeoutMs) return { kind: "not-done", type, task: failed ?? task, tookMs };
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

async function readTask(answer: Response): Promise<Task> {
  try {
    return taskSchema.parse(await answer.json());
  } catch (cause) {
    throw new ConfigError(`${answer.url} does not answer as a producer does. Is that its address?`, { cause });
  }
}

async function sendAgain(
  send: () => Promise<Response>,
  done: Omit<CanaryReport & { kind: "done" }, "kind">,
): Promise<CanaryReport> {
  const again = await send();
  const isReplay = again.status === 200 && again.headers.get("idempotency-replayed") === "true";
  if (isReplay) return { kind: "done", ...done };
  return { kind: "refused", type: done.type, why: await describeAnswer("POST /v1/tasks with the same key", again) };
}

const MAX_ANSWER_LENGTH = 300;

async function describeAnswer(request: string, answer: Response): Promise<string> {
  const described = `${request} was answered ${answer.status}: ${(await answer.text()).slice(0, MAX_ANSWER_LENGTH)}`;
  if (answer.status !== 401 && answer.status !== 403) return described;
  return (
    `${described}\n  The token must be that of an account that handoff:callers or handoff:operators names. A viewer may create ` +
    "no task."
  );
}

/** A report in words, with advice if the canary was not done. */
export function explain(report: CanaryReport): string {
  if (report.kind === "refused") return `${report.type.padEnd(20)} FAILED  ${report.why}`;
  const { type, task, tookMs } = report;
  const took = `${(tookMs / 1_000).toFixed(1)} s`;
  if (report.kind === "done") return `${type.padEnd(20)} ${task.state.padEnd(10)} in ${took.padEnd(7)} ${task.id}`;
  const error = task.lastError ? `; ${task.lastError.code}: ${task.lastError.message}` : "";
  return `${type.padEnd(20)} FAILED  ${task.state} after ${took}${error}  ${task.id}\n${adviseOn(task)}`;
}

function adviseOn({ id, lastError }: Task): string {
  const advice = ADVICE.find(([pattern]) => pattern.test(lastError?.message ?? ""))?.[1] ?? NOT_DELIVERED;
  return `${advice}\n  gcloud logging read 'jsonPayload.taskId="${id}"' --limit 10 --format json`;
}

const NOT_DELIVERED =
  "  The queue has not delivered it, or the worker has not answered. Look at the queue in the console, and at the log:";

/** What to do about the last delivery's response. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /\b401\b/,
    "  The worker does not accept the delivery's token; `reason` in its log says why. If that is signature-removed, Cloud\n" +
      "  Run has taken the signature away: pulumi config set handoff:authMode platform && pulumi up",
  ],
  [/\b403\b/, "  Cloud Run does not let the invoker in, or the worker knows another one or other queues. The log:"],
  [/\b404\b/, "  The worker's revision does not know canaries: deploy both services from one version. The log:"],
  [/\b5\d\d\b/, "  The worker fails. The log:"],
];
