import type { Connection } from "./http/connection.ts";
import { pathSegment } from "./http/path-segment.ts";
import type { CallOptions } from "./options.ts";
import { keyOf } from "./tasks/idempotency-key.ts";
import type { Schedule } from "./views/schedule.ts";
import type { Task } from "./views/task.ts";

/** Operations on schedules, by name. */
export interface Schedules {
  list(options?: CallOptions): Promise<readonly Schedule[]>;
  /** The schedule creates no tasks until it is resumed. */
  pause(name: string, options?: CallOptions): Promise<Schedule>;
  /** The schedule continues from now. */
  resume(name: string, options?: CallOptions): Promise<Schedule>;
  /** Enqueues a task as the schedule does, now. All tries use the same idempotency key. */
  run(name: string, options?: CallOptions & { readonly idempotencyKey?: string | undefined }): Promise<Task>;
}

/** The schedules of the producer that the connection leads to. */
export function createSchedules(connection: Connection): Schedules {
  const post = async (name: string, action: "pause" | "resume", { signal }: CallOptions): Promise<Schedule> => {
    const request = { method: "POST", path: schedulePath(name, action), signal, shape: SCHEDULE } as const;
    return (await connection.call<Schedule>(request)).body;
  };
  return {
    async list({ signal } = {}) {
      const request = { method: "GET", path: SCHEDULES, signal, shape: { items: "list" } } as const;
      return (await connection.call<{ readonly items: readonly Schedule[] }>(request)).body.items;
    },
    pause: (name, options = {}) => post(name, "pause", options),
    resume: (name, options = {}) => post(name, "resume", options),
    async run(name, { idempotencyKey: given, signal } = {}) {
      const idempotencyKey = keyOf(given);
      const request = { method: "POST", path: schedulePath(name, "run"), idempotencyKey, signal } as const;
      return (await connection.call<Task>({ ...request, shape: { id: "text" } })).body;
    },
  };
}

const SCHEDULE = { name: "text", state: "text" } as const;

const SCHEDULES = "/v1/schedules";

const schedulePath = (name: string, action: string): string => `${SCHEDULES}/${pathSegment(name)}/${action}`;
