import { z } from "@hono/zod-openapi";
import type { TaskTypes } from "../../../shared/contract/registry.ts";
import type { Envelope } from "../../../shared/contract/envelope.ts";
import type { RequestProblem } from "../../../shared/http/problem.ts";
import type { TaskType } from "../../../shared/contract/task-type.ts";
import { toRequestProblems } from "../../../shared/http/request-problems.ts";
import { dueAtMs, scheduleFields, scheduleProblems } from "./due-time.ts";

/** A task that a caller wants done. */
export interface NewTask {
  readonly taskType: TaskType;
  /** As it was sent: what a schema would add or leave out is the worker's to decide. */
  readonly payload: Envelope["payload"];
  /** When to deliver it first, in milliseconds since the epoch. Default: at once. */
  readonly scheduleAtMs?: number;
}

export type ParsedNewTask =
  | { readonly kind: "valid"; readonly task: NewTask }
  | { readonly kind: "invalid"; readonly problems: readonly RequestProblem[] };

/** Reads a request for a task, or lists all that is wrong with it. `nowMs` is in milliseconds since the epoch. */
export function parseNewTask(
  body: unknown,
  { types, nowMs }: { readonly types: TaskTypes; readonly nowMs: number },
): ParsedNewTask {
  const frame = frameSchema.safeParse(body);
  const problems = [
    ...toRequestProblems(frame.error?.issues ?? [], { value: body, path: [] }),
    ...typeProblems(body, types),
    ...payloadProblems(body, types),
    ...scheduleWindowProblems(body, nowMs),
  ];
  const taskType = frame.success ? types.get(frame.data.type) : undefined;
  if (!frame.success || !taskType || problems.length > 0) return { kind: "invalid", problems };
  const scheduleAtMs = dueAtMs(frame.data, nowMs);
  const task = { taskType, payload: frame.data.payload };
  return { kind: "valid", task: scheduleAtMs === undefined ? task : { ...task, scheduleAtMs } };
}

/** What every request has, whatever its type. The body comes from a JSON parser, so any payload is JSON. */
const frameSchema = z.strictObject({
  type: z.string(),
  payload: z.custom<Envelope["payload"]>((value) => value !== undefined, "is missing"),
  ...scheduleFields,
});

const typeInBody = z.object({ type: z.string() });
const payloadInBody = z.object({ type: z.string(), payload: z.unknown() });
const scheduleInBody = z.object(scheduleFields);

function typeProblems(body: unknown, types: TaskTypes): RequestProblem[] {
  const { data } = typeInBody.safeParse(body);
  if (!data || types.has(data.type)) return [];
  return [{ path: "type", message: `is not a known task type: use one of ${[...types.keys()].join(", ")}` }];
}

function payloadProblems(body: unknown, types: TaskTypes): RequestProblem[] {
  const { data } = payloadInBody.safeParse(body);
  if (!data || data.payload === undefined) return [];
  const checked = types.get(data.type)?.payload.safeParse(data.payload);
  return toRequestProblems(checked?.error?.issues ?? [], { value: data.payload, path: ["payload"] });
}

function scheduleWindowProblems(body: unknown, nowMs: number): RequestProblem[] {
  const { data } = scheduleInBody.safeParse(body);
  return data ? scheduleProblems(data, nowMs) : [];
}
