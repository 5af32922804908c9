import type { Context } from "hono";
import { parseTaskId } from "../../../../shared/contract/task-id.ts";
import type { ProducerEnv } from "../../http/producer-env.ts";
import { isLetterId } from "../read-letter.ts";

/** The path's parameter, for the OpenAPI document. */
export const LETTER_ID_PARAMETER = { name: "id", in: "path", required: true, schema: { type: "string" } } as const;

/** The letter id in a request's path; undefined if it can't be one. A task's id is also recorded for the access log. */
export function letterInPath(context: Context<ProducerEnv>): string | undefined {
  const id = context.req.param("id") ?? "";
  if (!isLetterId(id)) return undefined;
  context.set("taskId", parseTaskId(id));
  return id;
}
