import { RpcCode, RpcError } from "../../rpc/rpc-error.ts";

/** What a list's request says about its page. */
export interface PageRequest {
  readonly parent: string;
  readonly pageSize: number;
  readonly pageToken: string;
}

/** One page; a token that is empty says that nothing comes after it. */
export interface Page {
  readonly items: readonly string[];
  readonly nextPageToken: string;
}

/** Default size of a page; the documentation names none. */
const DEFAULT_PAGE_SIZE = 300;

/**
 * The page that a request asks for, out of all names below its parent, in their order. A token is the last name of a
 * page; `compare` finds the place of one that is gone since. A full page has a token, also when nothing comes after it.
 *
 * @throws RpcError INVALID_ARGUMENT for a negative size, and for a token that is none or whose place is not known.
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
  if (!compare) throw invalid("The last document of the page before this one is gone, and with it its place.");
  const next = ordered.findIndex((other) => compare(other, name) > 0);
  return next === -1 ? ordered.length : next;
}

const invalid = (message: string): RpcError => new RpcError(RpcCode.INVALID_ARGUMENT, message);
