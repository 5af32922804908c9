import * as z from "zod";
import { IDEMPOTENCY_KEY_FORM, isIdempotencyKey } from "../../../../../shared/contract/new-task/idempotency-key.ts";
import { schemaProblems } from "../../../../../shared/http/schema-problems.ts";
import type { NewTask } from "../../task-types.ts";
import { RefusedError } from "../exit.ts";
import type { Line } from "./lines.ts";
import { readInput } from "./read-input.ts";

/** Defaults for what lines leave out. */
export interface LineDefaults {
  /** The type of lines that are payloads, and of tasks without a type. */
  readonly type: string | undefined;
  /** The prefix of the keys given to lines without one. */
  readonly keyPrefix: string | undefined;
}

const taskSchema = z.strictObject({
  type: z.string("must be a text").optional(),
  payload: z.unknown().optional(),
  idempotencyKey: z.string("must be a text").optional(),
  delaySeconds: z.number("must be a number").optional(),
  scheduleTime: z.string("must be a text").optional(),
});

/**
 * Reads a line as a task, or as a payload of the given type. If a type is given, an object is a task if it has a
 * payload and no field that tasks don't have.
 *
 * @throws RefusedError for a line that is neither, or has no key or a malformed one.
 */
export function taskOfLine(
  line: Line,
  { type, keyPrefix }: LineDefaults,
): NewTask & { readonly idempotencyKey: string } {
  if (line.text === undefined) throw new RefusedError(line.problem);
  const task = readTask(readInput(line.text, "The line"), type);
  const named = task.type ?? type;
  if (named === undefined) throw new RefusedError("The task has no type, and the command names none.");
  const idempotencyKey = task.idempotencyKey ?? (keyPrefix === undefined ? undefined : `${keyPrefix}-${line.number}`);
  if (idempotencyKey === undefined) {
    throw new RefusedError("The task has no idempotencyKey. Give it one, or the command --key-prefix.");
  }
  if (!isIdempotencyKey(idempotencyKey)) throw new RefusedError(`idempotencyKey ${IDEMPOTENCY_KEY_FORM}.`);
  const { payload, delaySeconds, scheduleTime } = task;
  return { type: named, payload, idempotencyKey, delaySeconds, scheduleTime };
}

function readTask(value: unknown, type: string | undefined): z.output<typeof taskSchema> {
  const read = taskSchema.safeParse(value);
  const isTask = read.success && Object.hasOwn(Object(value), "payload");
  if (isTask) return read.data;
  if (type !== undefined) return { payload: value };
  if (read.success) throw new RefusedError("The task has no payload.");
  const problems = schemaProblems(read.error, { value, root: "it" }).map(({ path, message }) => `${path} ${message}`);
  throw new RefusedError(`The line is not a task: ${problems.join("; ")}.`);
}
