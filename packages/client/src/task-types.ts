import type { z } from "zod";
import type { TaskType } from "../../../shared/contract/task-type.ts";

/** What of a task type is needed to enqueue a task: any type made by `defineTask` will do. */
export type Definition = Pick<TaskType, "type" | "payload">;

/** The task types that the compiler checks payloads by: a registry, or a list of definitions. */
export type TaskTypes = { readonly listed: readonly Definition[] } | readonly Definition[];

type Listed<Types extends TaskTypes> = Types extends { readonly listed: infer List }
  ? List extends readonly Definition[]
    ? List[number]
    : never
  : Types extends readonly Definition[]
    ? Types[number]
    : never;

/** The names of task types. Any text, for a client that wasn't told the types. */
export type TypeName<Types extends TaskTypes> = Listed<Types>["type"];

/** What a task type takes as its payload. */
export type PayloadOf<Types extends TaskTypes, To> = To extends Definition
  ? z.input<To["payload"]>
  : string extends TypeName<Types>
    ? unknown
    : z.input<Extract<Listed<Types>, { readonly type: To }>["payload"]>;

/** A task to enqueue with others. */
export type NewTask<Types extends TaskTypes = TaskTypes> = AnyNewTask &
  (string extends TypeName<Types> ? unknown : Known<Listed<Types>>);

interface AnyNewTask extends NewTaskOptions {
  readonly type: string | Definition;
  readonly payload: unknown;
}

/** Of each type, its name or its definition with its own payload. */
type Known<Type extends Definition> = Type extends Definition
  ? { readonly type: Type["type"] | Type; readonly payload: z.input<Type["payload"]> }
  : never;

/** How a task is enqueued: at once, unless a due time is given. */
export interface NewTaskOptions {
  /**
   * 1 to 255 visible ASCII characters. Tasks of one caller and type with the same key are one task, however far apart they
   * are enqueued. Default: a random key, which makes all tries of this call one task.
   */
  readonly idempotencyKey?: string | undefined;
  /** How long to wait, in seconds. Excludes `scheduleTime`. */
  readonly delaySeconds?: number | undefined;
  /** When the task is due, as RFC 3339 with a zone. Excludes `delaySeconds`. */
  readonly scheduleTime?: string | undefined;
}
