import { invalidArgument } from "./service-errors.ts";

/** One page of a longer list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Empty on the last page, which has no items: like the service, the page before doesn't tell that it is full. */
  readonly nextPageToken: string;
}

/** Where the next page starts. */
interface Position {
  /** The key of the last item on the page before. */
  readonly after: string | number;
  /** What the request asks for. It must be the same for all pages. */
  readonly query: string;
  readonly madeMs: number;
}

/** https://cloud.google.com/tasks/docs/reference/rpc/google.cloud.tasks.v2#listtasksrequest */
const TOKEN_LIFE_MS = 2 * 3_600_000;

/**
 * Selects the page of a list that a request asks for.
 *
 * @param list.items in ascending order of their keys, which are all of one type; with or without those up to `after`.
 * @param list.weigh the page ends when the items' total weight exceeds `list.mostWeight`, but has at least one item.
 * @param request.kind the request's message, for errors.
 * @param request.query what else the request asks for, such as a filter.
 * @throws RpcError INVALID_ARGUMENT for a token that was not made for this query, or is older than two hours.
 */
export function pageOf<Item>(
  list: {
    items: (after: string | number | undefined) => Iterable<Item>;
    keyOf: (item: Item) => string | number;
    mostItems: number;
    weigh?: (item: Item) => number;
    mostWeight?: number;
  },
  request: { kind: string; pageSize: number; pageToken: string; query: string; nowMs: number },
): Page<Item> {
  if (request.pageSize < 0) throw invalidArgument(`${request.kind}.pageSize cannot be negative.`);
  const after = request.pageToken === "" ? undefined : readToken(request.pageToken, request).after;
  const size = Math.min(request.pageSize || list.mostItems, list.mostItems);
  const items: Item[] = [];
  let weight = 0;
  for (const item of list.items(after)) {
    if (after !== undefined && list.keyOf(item) <= after) continue;
    weight += list.weigh?.(item) ?? 0;
    const isFull = items.length >= size || weight > (list.mostWeight ?? Number.POSITIVE_INFINITY);
    if (items.length > 0 && isFull) break;
    items.push(item);
  }
  const last = items.at(-1);
  if (last === undefined) return { items, nextPageToken: "" };
  const position = { after: list.keyOf(last), query: request.query, madeMs: request.nowMs };
  return { items, nextPageToken: makeToken(position) };
}

const makeToken = (position: Position): string => Buffer.from(JSON.stringify(position)).toString("base64url");

function readToken(token: string, request: { query: string; nowMs: number }): Position {
  const position = parseToken(token);
  const isValid = position?.query === request.query && request.nowMs - position.madeMs <= TOKEN_LIFE_MS;
  if (!position || !isValid) throw invalidArgument("Invalid page_token");
  return position;
}

function parseToken(token: string): Position | undefined {
  try {
    const position: unknown = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
    return isPosition(position) ? position : undefined;
  } catch {
    return undefined;
  }
}

function isPosition(value: unknown): value is Position {
  if (typeof value !== "object" || value === null) return false;
  const { after, query, madeMs } = value as Partial<Record<keyof Position, unknown>>;
  const afterIsKey = typeof after === "string" || typeof after === "number";
  return afterIsKey && typeof query === "string" && typeof madeMs === "number";
}
