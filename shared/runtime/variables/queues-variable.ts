import * as z from "zod";
import type { DeployedQueue, DeployedQueues, QueueSettings } from "../../contract/queues.ts";
import { shardCount, shardKeys } from "../../contract/queue-shards.ts";
import type { JsonProblem } from "../../json/json-problems.ts";
import { JsonTextError, readJson } from "../../json/read-json.ts";
import { isObject } from "../is-object.ts";

/** A queue's name in Cloud Tasks (https://cloud.google.com/tasks/docs/reference/rest/v2/projects.locations.queues). */
const queueName = z.string().regex(/^[A-Za-z0-9-]{1,100}$/);
const queueNames = z.tuple([queueName], queueName);

const NO_MAP =
  'must be a JSON object of queue keys and their names in Cloud Tasks, for example {"default":["default-7f3a"]}';
const NO_NAMES = "must be a list of one or more Cloud Tasks queue names, which consist of letters, digits and hyphens";

/** Enough for a map of short lists. */
const LIMITS = { maxDepth: 2, maxValues: 10_000 };

/**
 * The variable `QUEUES`: a JSON object that maps queue keys to their names in Cloud Tasks. If it isn't set, a queue's
 * name is its key, and the names of its other shards are its key and a number.
 *
 * @param queues the registered queues; the variable must name each of them.
 */
export function queuesVariable(queues: ReadonlyMap<string, QueueSettings>) {
  return z
    .string()
    .default("")
    .transform((text, context): DeployedQueues => {
      const { named, problems } = text === "" ? { named: namedByKey(queues) } : parseMap(text);
      if (!named) {
        for (const { path, message } of problems) context.addIssue({ code: "custom", path: [...path], message });
        return z.NEVER;
      }
      const deployed = new Map<string, DeployedQueue>();
      const refuse = (key: string, message: string): void => context.addIssue({ code: "custom", path: [key], message });
      for (const [key, settings] of queues) {
        const names = queueNames.safeParse(named.get(key));
        const least = shardCount(settings);
        if (names.success && names.data.length < least) refuse(key, tooFewNames(least));
        else if (names.success) deployed.set(key, { settings, names: names.data });
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

function tooFewNames(least: number): string {
  return `must have a name for each of the queue's ${least} shards, in their order`;
}

function namedByKey(queues: ReadonlyMap<string, QueueSettings>): ReadonlyMap<string, unknown> {
  return new Map([...queues].map(([key, settings]) => [key, shardKeys(key, settings)]));
}

type ParsedMap =
  | { readonly named: ReadonlyMap<string, unknown>; readonly problems?: never }
  | { readonly named?: never; readonly problems: readonly JsonProblem[] };

function parseMap(text: string): ParsedMap {
  const noMap = { problems: [{ path: [], message: NO_MAP }] };
  try {
    const { value } = readJson(text, LIMITS);
    return isObject(value) ? { named: new Map(Object.entries(value)) } : noMap;
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error;
    return error.problems.length > 0 ? { problems: error.problems } : noMap;
  }
}
