import { pause } from "../../../../shared/runtime/deadline.ts";
import type { WaitOptions } from "../client.ts";
import { HandoffError, TimeoutError } from "../errors.ts";
import type { ApiResponse, Connection } from "../http/connection.ts";
import { pathSegment } from "../http/path-segment.ts";
import { ENDED_STATES, type Task } from "../views/task.ts";

const DEFAULT_TIMEOUT_MS = 600_000;

/** The longest that the producer holds a request until the task changes, in seconds. */
const MAX_HOLD_SECONDS = 30;
/** How much longer such a request may take, in milliseconds. */
const RESPONSE_MS = 10_000;

/** The time between two reads of a task that hasn't changed, in milliseconds, if the producer doesn't hold requests. */
const LOOK_AGAIN_MS = 2_000;

/**
 * Yields the task, and again after each change until it ends. Several changes may be reported as one.
 *
 * @returns the task when it has ended.
 * @throws TimeoutError when the time is up, TypeError when the timeout is invalid, and what `call` throws.
 */
export async function* watch(
  connection: Connection,
  id: string,
  { timeoutMs = DEFAULT_TIMEOUT_MS, signal }: WaitOptions,
): AsyncGenerator<Task, Task> {
  if (!(timeoutMs >= 0)) throw new TypeError("timeoutMs must be a number of milliseconds, 0 or more.");
  const { clock } = connection.surroundings;
  const untilMs = clock.monotonic() + timeoutMs;
  let seen: Version | undefined;
  for (;;) {
    const beganMs = clock.monotonic();
    if (beganMs >= untilMs) throw new TimeoutError(`Task ${id} had not ended after ${timeoutMs} ms.`);
    const { body: task, headers } = await look(connection, { id, seen, leftMs: untilMs - beganMs, signal });
    const version = versionOf(task, headers);
    if (version.text === seen?.text) {
      const againMs = Math.min(beganMs + LOOK_AGAIN_MS, untilMs);
      await pause({ clock, timeoutMs: againMs - clock.monotonic(), ...(signal ? { signal } : {}) });
      signal?.throwIfAborted();
    } else {
      yield task;
    }
    if (ENDED_STATES.has(task.state)) return task;
    seen = version;
  }
}

/** Waits until a task ends. Throws as `watch` does. */
export async function waitFor(connection: Connection, id: string, options: WaitOptions): Promise<Task> {
  const tasks = watch(connection, id, options);
  for (;;) {
    const { done, value } = await tasks.next();
    if (done === true) return value;
  }
}

/** Identifies a version of the task: the ETag, or else the whole view. */
interface Version {
  readonly text: string;
  readonly etag: string | undefined;
}

function versionOf(task: Task, headers: Headers): Version {
  // Proxies that compress responses mark the tag as weak.
  const etag = headers.get("etag")?.replace(/^W\//, "");
  return { etag, text: etag ?? JSON.stringify(task) };
}

interface Look {
  readonly id: string;
  readonly seen: Version | undefined;
  /** How much time is left, in milliseconds. */
  readonly leftMs: number;
  readonly signal: AbortSignal | undefined;
}

async function look(connection: Connection, { id, seen, leftMs, signal }: Look): Promise<ApiResponse<Task>> {
  const { tries, totalMs } = connection.limits;
  const request = {
    method: "GET",
    path: `/v1/tasks/${pathSegment(id)}`,
    signal,
    shape: { id: "text", state: "text" },
    limits: { tries, totalMs: Math.min(totalMs, leftMs) },
  } as const;
  if (seen?.etag === undefined) return await connection.call({ ...request, tryMs: RESPONSE_MS });
  const waitSeconds = Math.min(MAX_HOLD_SECONDS, Math.ceil(leftMs / 1_000));
  try {
    const query = { waitSeconds, since: seen.etag };
    return await connection.call({ ...request, query, tryMs: waitSeconds * 1_000 + RESPONSE_MS });
  } catch (error) {
    if (!(error instanceof HandoffError && error.code === "too-many-waits")) throw error;
    return await connection.call({ ...request, tryMs: RESPONSE_MS });
  }
}
