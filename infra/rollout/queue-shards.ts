import * as pulumi from "@pulumi/pulumi";
import * as z from "zod";
import type { QueueSettings } from "../../shared/contract/queues.ts";
import { type Place, askInPreview, readService } from "./deployed-service.ts";

/** The annotation of the worker's template that holds each queue's number of shards. */
const SHARDS = "handoff/queue-shards";

/** A change of shards would lose tasks, or hide them from lookups. */
class ShardsError extends pulumi.RunError {
  readonly code = "TASKS_OUT_OF_SIGHT";
}

type Queues = ReadonlyMap<string, Pick<QueueSettings, "shards">>;

/** The annotation from which a later update reads the numbers of shards. */
export function shardsAnnotation(queues: Queues): Readonly<Record<string, string>> {
  return { [SHARDS]: JSON.stringify(Object.fromEntries([...queues].map(([key, queue]) => [key, shardsNow(queue)]))) };
}

/**
 * Refuses a change of a queue's shards whose `before` isn't the deployed number. With fewer shards, Pulumi would delete
 * the others with their tasks; with more, lookups wouldn't find the tasks that already wait.
 *
 * @param worker the deployed worker's location.
 * @throws ShardsError, and Error during an update if Cloud Run can't be reached. A preview only warns.
 */
export async function requireDeclaredShardChange(
  queues: Queues,
  worker: Place,
  options: pulumi.InvokeOptions,
): Promise<void> {
  const asked = readService(worker, options);
  const service = await askInPreview(asked, "It can't be checked whether the queues' shards may be changed");
  const deployed = readShards(service?.annotations[SHARDS]);
  const problems = [...queues].flatMap(([key, queue]) => {
    const [now, was] = [shardsNow(queue), deployed.get(key)];
    if (was === undefined || was === now || queue.shards?.before === was) return [];
    const lost =
      now < was
        ? `Pulumi would delete ${was - now} of its queues in Cloud Tasks, with the tasks in them`
        : "tasks in its old queues would not be found";
    return [
      `Queue ${key} has ${shardText(was)} and would have ${now}: ${lost}. ` +
        `Set shards: { now: ${now}, before: ${was} } in shared/tasks/queues.ts, and leave "before" there for 31 days.`,
    ];
  });
  if (problems.length > 0) throw new ShardsError(problems.join("\n"));
}

function shardsNow({ shards }: Pick<QueueSettings, "shards">): number {
  return shards?.now ?? 1;
}

function shardText(count: number): string {
  return count === 1 ? "1 shard" : `${count} shards`;
}

const shardsSchema = z.record(z.string(), z.int().positive());

/** Annotations of earlier versions, or of other tools, say nothing about shards. */
function readShards(text: string | undefined): ReadonlyMap<string, number> {
  try {
    return new Map(Object.entries(shardsSchema.parse(JSON.parse(text ?? "{}"))));
  } catch {
    return new Map();
  }
}
