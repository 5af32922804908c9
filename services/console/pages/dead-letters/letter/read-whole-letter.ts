import type { ReadLetter } from "../../../../../packages/client/src/dead-letters.ts";
import type { TaskTypeInfo } from "../../../../../packages/client/src/views/service.ts";
import type { ConsoleContext } from "../../../http/console-env.ts";

/** A letter and its task type. */
export interface WholeLetter {
  /** With its payload, if the person may see that. */
  readonly letter: ReadLetter;
  /** The type as the producer knows it now; undefined if it is unknown. */
  readonly type: TaskTypeInfo | undefined;
}

/**
 * Reads the letter that a page's address names.
 *
 * @throws HandoffError, UnreachableError if it can't be read.
 */
export async function readWholeLetter(context: ConsoleContext): Promise<WholeLetter> {
  const id = letterIdIn(context);
  const includePayload = context.get("person").actions.includes("read payloads");
  const [letter, types] = await Promise.all([
    context.get("api").deadLetters.get(id, { includePayload }),
    context.get("reads").taskTypes(),
  ]);
  return { letter, type: types.find(({ type }) => type === letter.type) };
}

/** The id in a page's address. */
export function letterIdIn(context: ConsoleContext): string {
  return context.req.param("id") ?? "";
}
