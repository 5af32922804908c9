import * as z from "zod";
import {
  type RequestedDueTime,
  dueAtMsOf,
  dueTimeFields,
  dueTimeProblems,
} from "../../../shared/contract/new-task/due-time.ts";
import { IDEMPOTENCY_KEY_FORM, isIdempotencyKey } from "../../../shared/contract/new-task/idempotency-key.ts";
import { payloadTextOf } from "../../../shared/contract/new-task/payload-text.ts";
import type { Idempotency, TaskType } from "../../../shared/contract/task-type.ts";
import { type Parent, childTask } from "../../../shared/outbox/follow-up.ts";
import type { RequestProblem } from "../../../shared/http/problem.ts";
import { schemaProblems } from "../../../shared/http/schema-problems.ts";
import type { NewTask } from "../../../shared/records/transition.ts";
import type { Clock } from "../../../shared/runtime/clock.ts";

/** How many tasks an attempt may enqueue, and how many bytes their payloads may have together, as JSON. */
const MAX_FOLLOW_UPS = 100;
const MAX_BYTES = 4 * 1024 * 1024;

/** When a follow-up task is due, and what makes it the same task if its parent runs again. */
export interface FollowUpOptions extends RequestedDueTime {
  /**
   * 1 to 255 visible ASCII characters. Default: `#1` for the attempt's first follow-up, `#2` for the next, and so on, so a
   * handler that enqueues in a different order when it runs again needs keys.
   */
  readonly key?: string;
  /** How long to wait, in seconds. */
  readonly delaySeconds?: number;
  /** When the task is due, as RFC 3339 with a zone. */
  readonly scheduleTime?: string;
}

const optionsSchema = z.strictObject({
  key: z.string().refine(isIdempotencyKey, IDEMPOTENCY_KEY_FORM).optional(),
  ...dueTimeFields,
});

/** A natural task can run again after it has succeeded, so its follow-ups need keys. */
type OptionsFor<Kind extends Idempotency> = Kind extends "natural"
  ? [options: FollowUpOptions & { readonly key: string }]
  : [options?: FollowUpOptions];

/**
 * Enqueues a task that follows this one if the handler succeeds, and is never made otherwise. However often the handler
 * runs, it is one task for its type and key. Nothing happens before the handler has ended: a `claim` or `transaction`
 * task's follow-ups are committed with its end, and a `natural` task's are created just before its delivery is
 * acknowledged.
 *
 * @throws TypeError when there is no such type, the payload isn't one of it, an option isn't allowed, the type and key
 * were used before in the same attempt, or the handler has ended; RangeError beyond 100 tasks or 4 MiB of payloads.
 */
export interface Enqueue<Kind extends Idempotency> {
  <Child extends TaskType>(task: Child, payload: z.input<Child["payload"]>, ...options: OptionsFor<Kind>): void;
  (type: string, payload: unknown, ...options: OptionsFor<Kind>): void;
}

/** What an attempt's follow-ups depend on. */
export interface FollowUpRules {
  readonly parent: Parent;
  /** The task type of that name; undefined if there is none. */
  readonly taskType: (type: string) => TaskType | undefined;
  readonly maxPayloadBytes: number;
}

/** What one run of a handler has enqueued. */
export class FollowUps {
  readonly #tasks: NewTask[] = [];
  readonly #taken = new Set<string>();
  readonly #rules: FollowUpRules | undefined;
  readonly #on: { readonly clock: Clock; readonly kind: Idempotency };
  #bytes = 0;
  #hasEnded = false;

  constructor(rules: FollowUpRules | undefined, on: { readonly clock: Clock; readonly kind: Idempotency }) {
    this.#rules = rules;
    this.#on = on;
  }

  /** See `Enqueue`. */
  add(task: TaskType | string, payload: unknown, options: FollowUpOptions = {}): void {
    if (this.#hasEnded)
      throw new TypeError("The handler has ended, so it can't enqueue a task any more: await what it does.");
    if (!this.#rules) throw new TypeError("The handler was run without the rules for what it enqueues.");
    if (this.#tasks.length >= MAX_FOLLOW_UPS) {
      throw new RangeError(`An attempt can enqueue at most ${MAX_FOLLOW_UPS} tasks.`);
    }
    const { parent, maxPayloadBytes } = this.#rules;
    const taskType = registered(task, this.#rules);
    const { type } = taskType;
    const nowMs = this.#on.clock.now();
    refuse(optionProblems(options, nowMs));
    const key = this.#keyOf(type, options.key);
    const text = payloadTextOf(taskType, payload, maxPayloadBytes);
    const bytes = this.#bytes + Buffer.byteLength(text.json);
    if (bytes > MAX_BYTES) {
      throw new RangeError(
        `The payloads of the tasks that an attempt enqueues can have at most ${MAX_BYTES} bytes together.`,
      );
    }
    const dueAtMs = dueAtMsOf(options, nowMs);
    this.#tasks.push(childTask(parent, { taskType, payload: text, key, enqueuedAtMs: nowMs, dueAtMs }));
    this.#taken.add(nameOf(type, key));
    this.#bytes = bytes;
  }

  /** From now on, nothing can be enqueued. Returns what was. */
  end(): readonly NewTask[] {
    this.#hasEnded = true;
    return this.#tasks;
  }

  #keyOf(type: string, given: string | undefined): string {
    if (given === undefined && this.#on.kind === "natural") {
      throw new TypeError(
        `A natural task can run again after it has succeeded: give the ${type} that it enqueues a key.`,
      );
    }
    const key = given ?? `#${this.#tasks.length + 1}`;
    if (this.#taken.has(nameOf(type, key))) {
      throw new TypeError(`The attempt has already enqueued a ${type} with the key "${key}".`);
    }
    return key;
  }
}

function optionProblems(options: FollowUpOptions, nowMs: number): readonly RequestProblem[] {
  const { error } = optionsSchema.safeParse(options);
  return error ? schemaProblems(error, { value: options, root: "options" }) : dueTimeProblems(options, nowMs);
}

function refuse(problems: readonly RequestProblem[]): void {
  if (problems.length > 0) throw new TypeError(problems.map(({ path, message }) => `${path} ${message}`).join("; "));
}

/** @throws TypeError when a type isn't registered, or is another one of the same name. */
function registered(task: TaskType | string, { taskType }: FollowUpRules): TaskType {
  const name = typeof task === "string" ? task : task.type;
  const known = taskType(name);
  if (!known) throw new TypeError(`There is no task type "${name}" in shared/tasks/index.ts.`);
  if (typeof task !== "string" && task !== known) {
    throw new TypeError(`The task type "${name}" in shared/tasks/index.ts is another one than this.`);
  }
  return known;
}

function nameOf(type: string, key: string): string {
  return `${type} ${key}`;
}
