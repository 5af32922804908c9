import type * as z from "zod";
import type { TaskType } from "../../../shared/contract/task-type.ts";

/** The parts of a task type that enqueueing needs: any type made by `defineTask` will do. */
export type Definition = Pick<TaskType, "type" | "payload">;

/** The task types that the compiler checks payloads against: a registry, or a list of definitions. */
export type TaskTypes = { readonly listed: readonly Definition[] } | readonly Definition[];

type Listed<Types extends TaskTypes> = Types extends { readonly listed: infer List }
  ? List extends readonly Definition[]
    ? List[number]
    : never
  : Types extends readonly Definition[]
    ? Types[number]
    : never;

/** The names of the task types. Any text, if the client wasn't given the types. */
export type TypeName<Types extends TaskTypes> = Listed<Types>["type"];

/** The payload that a task type accepts. */
export type PayloadOf<Types extends TaskTypes, To> = To extends Definition
  ? z.input<To["payload"]>
  : string extends TypeName<Types>
    ? unknown
    : z.input<Extract<Listed<Types>, { readonly type: To }>["payload"]>;

/** A task to enqueue together with others. */
export type NewTask<Types extends TaskTypes = TaskTypes> = AnyNewTask &
  (string extends TypeName<Types> ? unknown : Known<Listed<Types>>);

interface AnyNewTask extends NewTaskOptions {
  readonly type: string | Definition;
  readonly payload: unknown;
}

/** For each type, its name or its definition, with the payload of that type. */
type Known<Type extends Definition> = Type extends Definition
  ? { readonly type: Type["type"] | Type; readonly payload: z.input<Type["payload"]> }
  : never;

/** How to enqueue a task: at once, unless a due time is given. */
export interface NewTaskOptions {
  /**
   * 1 to 255 visible ASCII characters. Tasks of one caller and type with the same key are one task, however far apart
   * they are enqueued. Default: a random key for all tries of this call.
   */
  readonly idempotencyKey?: string | undefined;
  /** How long to wait, in seconds. Excludes `scheduleTime`. */
  readonly delaySeconds?: number | undefined;
  /** When the task is due, as RFC 3339 with a zone. Excludes `delaySeconds`. */
  readonly scheduleTime?: string | undefined;
}
