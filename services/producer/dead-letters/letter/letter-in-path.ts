import type { Context } from "hono";
import { parseTaskId } from "../../../../shared/contract/task-id.ts";
import type { ProducerEnv } from "../../http/producer-env.ts";
import { isLetterId } from "../read-letter.ts";

/** The path's parameter, for the description. */
export const LETTER_ID_PARAMETER = { name: "id", in: "path", required: true, schema: { type: "string" } } as const;

/**
 * The id of the letter in a request's path, noted for the access log if it is a task's; undefined if no letter can have it.
 */
export function letterInPath(context: Context<ProducerEnv>): string | undefined {
  const id = context.req.param("id") ?? "";
  if (!isLetterId(id)) return undefined;
  context.set("taskId", parseTaskId(id));
  return id;
}
