import { camelCasePath } from "./field-path.ts";
import { invalidArgument } from "./service-errors.ts";
import type { WireQueue } from "../wire/wire.ts";

type Fields = Readonly<Record<string, unknown>>;

/** The groups of fields that UpdateQueue can set. A field that is set to nothing gets its default. */
const SETTABLE = new Map([
  ["rateLimits", ["maxDispatchesPerSecond", "maxConcurrentDispatches"]],
  ["retryConfig", ["maxAttempts", "maxRetryDuration", "minBackoff", "maxBackoff", "maxDoublings"]],
  ["stackdriverLoggingConfig", ["samplingRatio"]],
]);

/** A mask may name these to no effect: callers can't set them, or they mean nothing for HTTP targets. */
const IGNORED = new Set(["name", "state", "purgeTime", "rateLimits.maxBurstSize", "appEngineRoutingOverride"]);

/**
 * Merges an update into a queue as the mask says. An empty mask means all fields
 * (https://cloud.google.com/tasks/docs/reference/rpc/google.cloud.tasks.v2#updatequeuerequest).
 *
 * @param paths in snake case, as on the wire, or in camel case.
 * @throws RpcError INVALID_ARGUMENT for a path that queues don't have.
 */
export function mergeQueue(current: object, update: WireQueue, paths: readonly string[]): WireQueue {
  if (paths.length === 0) return update;
  const merged = new Map<string, unknown>(Object.entries(current));
  for (const path of paths.map(camelCasePath)) {
    if (IGNORED.has(path) || IGNORED.has(path.split(".", 1)[0] ?? "")) continue;
    const [group = "", part, ...rest] = path.split(".");
    const parts = SETTABLE.get(group);
    if (!parts || rest.length > 0 || (part !== undefined && !parts.includes(part))) {
      throw invalidArgument(`update_mask has a path that queues don't have: ${JSON.stringify(path)}.`);
    }
    const from = fieldsOf(new Map(Object.entries(update)).get(group));
    merged.set(group, part === undefined ? from : { ...fieldsOf(merged.get(group)), [part]: from[part] });
  }
  return Object.fromEntries(merged);
}

function fieldsOf(message: unknown): Fields {
  return typeof message === "object" && message !== null ? { ...message } : {};
}
