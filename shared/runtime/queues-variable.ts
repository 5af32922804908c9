import { z } from "zod";
import type { DeployedQueue, DeployedQueues, QueueSettings } from "../contract/queues.ts";

/** A queue's name in Cloud Tasks (https://cloud.google.com/tasks/docs/reference/rest/v2/projects.locations.queues). */
const queueName = z.string().regex(/^[A-Za-z0-9-]{1,100}$/);
const queueNames = z.tuple([queueName], queueName);

const NO_MAP =
  'must be a JSON object of queue keys and their names in Cloud Tasks, for example {"default":["default-7f3a"]}';
const NO_NAMES = "must be a list of one or more Cloud Tasks queue names, which consist of letters, digits and hyphens";

/**
 * The variable `QUEUES`: a JSON object of queue keys and their names in Cloud Tasks. If it isn't set, each queue's name
 * is its key.
 *
 * @param queues the registered queues, all of which must be named.
 */
export function queuesVariable(queues: ReadonlyMap<string, QueueSettings>) {
  return z
    .string()
    .default("")
    .transform((text, context): DeployedQueues => {
      const named = text === "" ? namedByKey(queues) : parseMap(text);
      if (!named) {
        context.addIssue({ code: "custom", message: NO_MAP });
        return z.NEVER;
      }
      const deployed = new Map<string, DeployedQueue>();
      const refuse = (key: string, message: string): void => context.addIssue({ code: "custom", path: [key], message });
      for (const [key, settings] of queues) {
        const names = queueNames.safeParse(named.get(key));
        if (names.success) deployed.set(key, { settings, names: names.data });
        else refuse(key, named.has(key) ? NO_NAMES : missingNames(key));
      }
      for (const key of named.keys()) {
        if (!queues.has(key)) refuse(key, `is not a registered queue; the queues are ${[...queues.keys()].join(", ")}`);
      }
      const all = [...deployed.values()].flatMap(({ names }) => names);
      if (new Set(all).size < all.length) context.addIssue({ code: "custom", message: "must not repeat a name" });
      return deployed;
    });
}

function missingNames(key: string): string {
  return `is missing: give the names of queue "${key}" in Cloud Tasks, for example {"${key}":["…"]}`;
}

function namedByKey(queues: ReadonlyMap<string, QueueSettings>): ReadonlyMap<string, unknown> {
  return new Map([...queues.keys()].map((key) => [key, [key]]));
}

function parseMap(text: string): ReadonlyMap<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isMap = typeof value === "object" && value !== null && !Array.isArray(value);
    return isMap ? new Map(Object.entries(value)) : undefined;
  } catch {
    return undefined;
  }
}
