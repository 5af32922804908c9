import { z } from "@hono/zod-openapi";
import type { TaskTypes } from "../../../shared/contract/registry.ts";
import { type Json, anyJson } from "../../../shared/contract/any-json.ts";
import type { PayloadText } from "../../../shared/contract/envelope.ts";
import type { RequestProblem } from "../../../shared/http/problem.ts";
import type { TaskType } from "../../../shared/contract/task-type.ts";
import { schemaProblems } from "../../../shared/http/schema-problems.ts";
import type { Caller } from "../access/caller.ts";
import type { IdempotencyKey } from "./idempotency-key.ts";
import { dueAtMsOf, dueTimeFields, dueTimeProblems } from "../../../shared/contract/new-task/due-time.ts";

/** A task that a caller enqueues. */
export interface NewTask {
  readonly taskType: TaskType;
  /** As it was sent: it is up to the worker what a schema adds or leaves out. */
  readonly payload: PayloadText;
  readonly caller: Caller;
  /** When to deliver it first, in milliseconds since the epoch. Default: at once. */
  readonly dueAtMs?: number;
  /** A caller's tasks with the same type and key are one task. Default: each makes another task. */
  readonly key?: IdempotencyKey;
  /** The trace that its deliveries belong to. */
  readonly traceparent?: string;
}

/** What the body of a request says about a task. */
interface RequestedTask extends Omit<NewTask, "payload" | "caller"> {
  readonly payload: Json;
}

export type ParsedNewTask =
  | { readonly kind: "valid"; readonly task: RequestedTask }
  | { readonly kind: "invalid"; readonly problems: readonly RequestProblem[] };

/** Reads a new task from the body of a request, or lists everything wrong with it. `nowMs` is in milliseconds since the epoch. */
export function parseNewTask(
  body: unknown,
  { types, nowMs }: { readonly types: TaskTypes; readonly nowMs: number },
): ParsedNewTask {
  const frame = frameSchema.safeParse(body);
  const problems = [
    ...schemaProblems(frame.error, { value: body }),
    ...typeProblems(frame.data ?? typeInBody.safeParse(body).data, types),
    ...payloadProblems(frame.data ?? payloadInBody.safeParse(body).data, types),
    ...dueTimeProblemsOf(frame.data ?? dueTimeInBody.safeParse(body).data, nowMs),
  ];
  const taskType = frame.success ? types.get(frame.data.type) : undefined;
  if (!frame.success || !taskType || problems.length > 0) return { kind: "invalid", problems };
  const dueAtMs = dueAtMsOf(frame.data, nowMs);
  const task = { taskType, payload: frame.data.payload };
  return { kind: "valid", task: dueAtMs === undefined ? task : { ...task, dueAtMs } };
}

/** What every request has, whatever its type. */
const frameSchema = z.strictObject({
  type: z.string(),
  payload: anyJson,
  ...dueTimeFields,
  // A batch has it in each of its tasks.
  idempotencyKey: z.never("belongs in the header Idempotency-Key").optional(),
});

// What can be told of a body with something wrong elsewhere.
const typeInBody = z.object({ type: z.string() });
const payloadInBody = z.object({ type: z.string(), payload: z.unknown() });
const dueTimeInBody = z.object(dueTimeFields);

function typeProblems(given: z.output<typeof typeInBody> | undefined, types: TaskTypes): RequestProblem[] {
  if (!given || types.has(given.type)) return [];
  return [{ path: "type", message: `is not a known task type: use one of ${[...types.keys()].join(", ")}` }];
}

function payloadProblems(given: z.output<typeof payloadInBody> | undefined, types: TaskTypes): RequestProblem[] {
  if (!given || given.payload === undefined) return [];
  const checked = types.get(given.type)?.payload.safeParse(given.payload);
  return schemaProblems(checked?.error, { value: given.payload, path: ["payload"] });
}

function dueTimeProblemsOf(given: z.output<typeof dueTimeInBody> | undefined, nowMs: number): RequestProblem[] {
  return given ? dueTimeProblems(given, nowMs) : [];
}
