import { createHash } from "node:crypto";
import type { Problem } from "../../../../shared/http/problem.ts";
import type { Caller } from "../../access/caller.ts";
import { type Access, mayReadTask } from "../../access/rules.ts";
import { NO_SUCH_TASK_PROBLEM } from "../../http/failures.ts";
import type { Producer } from "../../producer.ts";
import { payloadOf } from "./payload-of.ts";
import { type TaskFacts, describeTask, isKnown, ownerOf, tellingOf } from "./task-status.ts";
import type { TaskView } from "./task-view.ts";

/** What a caller may see of a task: its view as JSON, or why there is none. */
export type ToldTask =
  | { readonly kind: "view"; readonly json: string; readonly etag: string; readonly hasEnded: boolean }
  | { readonly kind: "refused"; readonly problem: Problem };

const ENDED: ReadonlySet<TaskView["state"]> = new Set(["succeeded", "dead", "cancelled", "finished", "removed"]);

/** Half of a SHA-256 keeps views apart. */
const ETAG_LENGTH = 22;

/** The ETag of a view, with or without its quotes. */
export const ETAG_PATTERN = new RegExp(`^(?:[\\w-]{${ETAG_LENGTH}}|"[\\w-]{${ETAG_LENGTH}}")$`);

/**
 * Returns what a caller may see of a task.
 *
 * @param on.withPayload whether the caller asked for the payload, too, and may see it.
 * @throws DependencyError if that can't be read.
 */
export async function tellTask(
  facts: TaskFacts,
  on: { readonly caller: Caller; readonly withPayload: boolean },
  producer: Pick<Producer, "registry" | "clock" | "console" | "letters">,
): Promise<ToldTask> {
  const view = describeTask(facts, tellingOf(producer));
  if (!view) return { kind: "refused", problem: NO_SUCH_TASK_PROBLEM };
  const access = mayRead(on.caller, facts);
  if (!access.allowed) return { kind: "refused", problem: access.problem };
  const payload = on.withPayload ? await payloadOf(facts, view.state, producer) : undefined;
  const json = JSON.stringify(payload === undefined ? view : { ...view, payload });
  return { kind: "view", json, etag: etagOf(json), hasEnded: ENDED.has(view.state) };
}

/** A task that is gone without a record has no owner to check, and only its id is known of it. */
function mayRead(caller: Caller, facts: TaskFacts): Access {
  if (!isKnown(facts)) return { allowed: true };
  return mayReadTask(caller, ownerOf(facts));
}

function etagOf(json: string): string {
  return `"${createHash("sha256").update(json).digest("base64url").slice(0, ETAG_LENGTH)}"`;
}
