import { hashCanonical } from "../../../shared/contract/payload-hash.ts";
import type { Problem } from "../../../shared/http/problem.ts";
import type { FieldText } from "../../../shared/json/canonical-text.ts";
import type { Caller } from "../access/caller.ts";
import { mayCreate } from "../access/rules.ts";
import { inputProblem, sizeProblem } from "../http/failures.ts";
import type { Producer } from "../producer.ts";
import type { ReadKey } from "./idempotency-key.ts";
import { type NewTask, parseNewTask } from "./new-task.ts";

/** A task as a request describes it. */
export interface RequestedTask {
  readonly body: unknown;
  /** The text of the body's payload; undefined if it has none. */
  readonly payload: FieldText | undefined;
  readonly key: ReadKey;
}

/** A task that may be enqueued, or why it may not. */
export type ReadTask =
  | { readonly kind: "read"; readonly task: NewTask }
  | { readonly kind: "refused"; readonly problem: Problem };

type ReadingProducer = Pick<Producer, "registry" | "clock" | "maxPayloadBytes">;

/**
 * Checks a task that a request describes: its body and key, of which every problem is reported at once, whether the caller
 * may create it, and its size. The values of the body don't outlive this: a task that waits for its queue is text.
 */
export function readRequestedTask(
  { body, payload: sent, key }: RequestedTask,
  caller: Caller,
  { registry, clock, maxPayloadBytes }: ReadingProducer,
): ReadTask {
  const parsed = parseNewTask(body, { types: registry.types, nowMs: clock.now() });
  if (parsed.kind === "invalid" || key.kind === "invalid") {
    const ofBody = parsed.kind === "invalid" ? parsed.problems : [];
    return refused(inputProblem(key.kind === "invalid" ? [...ofBody, key.problem] : ofBody));
  }
  const access = mayCreate(caller, parsed.task.taskType.type);
  if (!access.allowed) return refused(access.problem);
  const json = sent?.plain ?? JSON.stringify(parsed.task.payload);
  // A short text can stand for a long one (1e20), so the size that counts is that of what will be sent.
  if (Buffer.byteLength(json) > maxPayloadBytes) return refused(sizeProblem(maxPayloadBytes));
  const task = { ...parsed.task, payload: { json, hash: hashCanonical(sent?.canonical ?? "") }, caller };
  return { kind: "read", task: key.key ? { ...task, key: key.key } : task };
}

function refused(problem: Problem): ReadTask {
  return { kind: "refused", problem };
}
