import { RpcCode, RpcError } from "../../rpc/rpc-error.ts";

/** The page that a request asks for. */
export interface PageRequest {
  readonly parent: string;
  readonly pageSize: number;
  readonly pageToken: string;
}

/** One page. An empty token means that it is the last. */
export interface Page {
  readonly items: readonly string[];
  readonly nextPageToken: string;
}

/** The default page size, which is not documented. */
const DEFAULT_PAGE_SIZE = 300;

/**
 * Selects a page from the ordered names below a parent. A token is the last name of a page; `compare` finds its position
 * if it is gone. A full page has a token even if it is the last.
 *
 * @throws RpcError INVALID_ARGUMENT for a negative size, and for a token that is invalid or whose position is unknown.
 */
export function pageOf(
  ordered: readonly string[],
  { parent, pageSize, pageToken }: PageRequest,
  compare: ((a: string, b: string) => number) | null,
): Page {
  if (pageSize < 0) throw invalid("page_size must be greater than or equal to zero.");
  const from = pageToken === "" ? 0 : placeAfter(decodeToken(pageToken, parent), ordered, compare);
  const size = pageSize > 0 ? pageSize : DEFAULT_PAGE_SIZE;
  const items = ordered.slice(from, from + size);
  const last = items.at(-1);
  const isFull = last !== undefined && items.length === size;
  return { items, nextPageToken: isFull ? Buffer.from(last).toString("base64url") : "" };
}

function decodeToken(token: string, parent: string): string {
  const name = Buffer.from(token, "base64url").toString();
  if (!name.startsWith(`${parent}/`)) throw invalid("invalid page token");
  return name;
}

function placeAfter(name: string, ordered: readonly string[], compare: ((a: string, b: string) => number) | null) {
  const place = ordered.indexOf(name);
  if (place !== -1) return place + 1;
  if (!compare) throw invalid("The last document of the previous page is gone, so the next page can't be found.");
  const next = ordered.findIndex((other) => compare(other, name) > 0);
  return next === -1 ? ordered.length : next;
}

const invalid = (message: string): RpcError => new RpcError(RpcCode.INVALID_ARGUMENT, message);
