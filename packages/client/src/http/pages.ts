import { HandoffError } from "../errors.ts";
import type { ApiRequest, Connection } from "./connection.ts";

/** How many items are on a page. */
const PAGE_ITEMS = 100;

/** A page of a list, and where the next one begins. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Missing on the last page. */
  readonly nextCursor?: string;
}

/** Which page of a list to fetch. */
export interface PageOptions {
  /** The `nextCursor` of the page before. Default: the beginning of the list. */
  readonly cursor?: string | undefined;
  /** The most items on the page, 1 to 100. Default: 100. */
  readonly limit?: number | undefined;
}

type ListRequest = Pick<ApiRequest, "path" | "query" | "signal">;

/** Fetches one page of a list. Throws as `call` does. */
export async function listPage<Item>(
  connection: Connection,
  { query, ...request }: ListRequest,
  { cursor, limit = PAGE_ITEMS }: PageOptions,
): Promise<Page<Item>> {
  const page = { ...query, limit, cursor };
  const { body } = await connection.call<Page<Item>>({ ...request, method: "GET", query: page, shape: ITEMS });
  return body;
}

/**
 * The items of a list. Each page is fetched when the one before it has been read.
 *
 * @throws HandoffError when a page leads to itself, and what `call` throws.
 */
export async function* listItems<Item>(connection: Connection, request: ListRequest): AsyncGenerator<Item> {
  let cursor: string | undefined;
  do {
    const page = await listPage<Item>(connection, request, { cursor });
    yield* page.items;
    if (cursor !== undefined && page.nextCursor === cursor) throw new HandoffError(200, undefined);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}

const ITEMS = { items: "list" } as const;
