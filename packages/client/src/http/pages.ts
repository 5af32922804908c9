import { HandoffError } from "../errors.ts";
import type { ApiRequest, Connection } from "./connection.ts";

/** How many items a page has. */
const PAGE_ITEMS = 100;

interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor?: string;
}

/**
 * The items of a list. A page is fetched when the one before it has been read.
 *
 * @throws HandoffError when a page leads to itself, and what `call` throws.
 */
export async function* listItems<Item>(
  connection: Connection,
  { query, ...request }: Pick<ApiRequest, "path" | "query" | "signal">,
): AsyncGenerator<Item> {
  let cursor: string | undefined;
  do {
    const page = { ...query, limit: PAGE_ITEMS, cursor };
    const { body } = await connection.call<Page<Item>>({
      ...request,
      method: "GET",
      query: page,
      shape: { items: "list" },
    });
    yield* body.items;
    if (cursor !== undefined && body.nextCursor === cursor) throw new HandoffError(200, undefined);
    cursor = body.nextCursor;
  } while (cursor !== undefined);
}
