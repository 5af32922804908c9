import type { Connection } from "./http/connection.ts";
import { type Page, type PageOptions, listItems, listPage } from "./http/pages.ts";
import { pathSegment } from "./http/path-segment.ts";
import type { CallOptions } from "./options.ts";
import { keyOf } from "./tasks/idempotency-key.ts";
import { refuseChanges } from "./tasks/new-task-text.ts";
import type { DeadLetter, LetterFilter, LetterSummary, Replayed, ReplayPage } from "./views/dead-letter.ts";

/** Operations on dead letters. */
export interface DeadLetters {
  /** The letters that match, latest first. They are fetched page by page as they are read. */
  list(filter?: ListedLetters, options?: CallOptions): AsyncIterable<DeadLetter>;
  /** One page of letters. It can have fewer than its limit, or none, even if there is a next page. */
  page(filter?: ListedLetters, options?: PageOptions & CallOptions): Promise<Page<DeadLetter>>;
  /** A letter with its attempts. `includePayload`: also with its payload, which only operators may see. */
  get(id: string, options?: CallOptions & { readonly includePayload?: boolean | undefined }): Promise<ReadLetter>;
  /** The number of open letters of each type and code, among the latest 1,000. */
  summary(options?: CallOptions): Promise<LetterSummary>;
  /** Replays a letter as a new task. If it was replayed before, that task is returned, unless `again` is true. */
  replay(id: string, options?: CallOptions & ReplayOptions): Promise<Replayed>;
  /** Replays matching open letters, page by page. It may be stopped and repeated: each letter is replayed once. */
  replayAll(request: ReplayAll, options?: CallOptions): AsyncIterable<ReplayPage>;
  /** Deletes a letter. `version`: only if it is still as `get` returned it; otherwise the call is refused with 412. */
  delete(id: string, options?: CallOptions & { readonly version?: string | undefined }): Promise<void>;
}

/** A letter that was read by id. */
export interface ReadLetter extends DeadLetter {
  /** Pass this to `delete` to keep the letter if it has changed since. */
  readonly version?: string;
}

/** Which letters to list. Default: the open ones. */
export interface ListedLetters extends LetterFilter {
  readonly status?: "open" | "replayed" | undefined;
}

export interface ReplayOptions {
  /** Replay it even if it was replayed before. */
  readonly again?: boolean | undefined;
  /** The new task's payload. Default: the letter's. */
  readonly payload?: unknown;
  /** Each key creates one task. Default with `again`: a random key for all tries of this call. */
  readonly idempotencyKey?: string | undefined;
}

export interface ReplayAll {
  readonly filter: LetterFilter;
  /** Only report what would be done. */
  readonly dryRun?: boolean | undefined;
  /** The most letters on a page, 1 to 100. Default: 100. */
  readonly limit?: number | undefined;
  /** The most letters in total. Default: no limit. */
  readonly most?: number | undefined;
  /** The `nextCursor` of an earlier page of the same request. Default: begin with the latest letters. */
  readonly cursor?: string | undefined;
}

/** The dead letters of the producer that the connection leads to. */
export function createDeadLetters(connection: Connection): DeadLetters {
  return {
    list: (filter = {}, { signal } = {}) => listItems(connection, { path: LETTERS, query: { ...filter }, signal }),
    page: (filter = {}, { signal, ...page } = {}) =>
      listPage(connection, { path: LETTERS, query: { ...filter }, signal }, page),
    async get(id, { includePayload, signal } = {}) {
      const query = { include: includePayload === true ? "payload" : undefined };
      const request = { method: "GET", path: letterPath(id), query, signal, shape: LETTER } as const;
      const { body, headers } = await connection.call<DeadLetter>(request);
      // Proxies that compress responses mark the tag as weak.
      const version = headers.get("etag")?.replace(/^W\//, "");
      return version === undefined ? body : { ...body, version };
    },
    async summary({ signal } = {}) {
      return (await connection.call<LetterSummary>({ method: "GET", path: `${LETTERS}/summary`, signal, shape: LIST }))
        .body;
    },
    async replay(id, { again, payload, idempotencyKey, signal } = {}) {
      if (payload !== undefined) refuseChanges(payload, "the replay");
      const isKeyNeeded = again === true || idempotencyKey !== undefined;
      const { status, body } = await connection.call<Replayed>({
        method: "POST",
        path: `${letterPath(id)}/replay`,
        body: JSON.stringify({ again: again === true ? true : undefined, payload }),
        idempotencyKey: isKeyNeeded ? keyOf(idempotencyKey) : undefined,
        signal,
        shape: LETTER,
      });
      return status === BEFORE ? { ...body, replayedBefore: true } : body;
    },
    replayAll: (request, { signal } = {}) => replayPages(connection, request, signal),
    async delete(id, { version, signal } = {}) {
      await connection.call({ method: "DELETE", path: letterPath(id), ifMatch: version, signal, shape: {} });
    },
  };
}

/** The status if an earlier request has already made the replay; a new one has 202. */
const BEFORE = 200;

const LETTER = { id: "text" } as const;
const LIST = { items: "list" } as const;

const LETTERS = "/v1/dead-letters";

const letterPath = (id: string): string => `${LETTERS}/${pathSegment(id)}`;

/** How long the replay of one page may take, in milliseconds. */
const REPLAY_MS = 60_000;

const LARGEST_PAGE = 100;

async function* replayPages(
  connection: Connection,
  { filter, dryRun, limit = LARGEST_PAGE, most = Infinity, cursor: first }: ReplayAll,
  signal: AbortSignal | undefined,
): AsyncGenerator<ReplayPage> {
  let cursor = first;
  let left = most;
  while (left > 0) {
    const { body } = await connection.call<ReplayPage>({
      method: "POST",
      path: `${LETTERS}/replay`,
      body: JSON.stringify({ filter, dryRun, limit: Math.min(limit, left), cursor }),
      signal,
      tryMs: REPLAY_MS,
      shape: LIST,
    });
    yield body;
    if (body.nextCursor === undefined) return;
    cursor = body.nextCursor;
    left -= body.items.length;
  }
}
