import { z } from "zod";
import { hashPayload } from "../../../shared/contract/payload-hash.ts";
import type { RequestProblem } from "../../../shared/http/problem.ts";

/** What is wrong with a request whose cursor `readCursor` doesn't know. */
export const UNKNOWN_CURSOR: RequestProblem = {
  path: "cursor",
  message: "is not a cursor of this list with this filter: leave it out to start again",
};

const cursorSchema = z.tuple([z.string(), z.unknown()]);

/**
 * A place in a list as a text that says nothing to callers, and leads back to it with the same filter.
 *
 * @param place JSON, as small as can be: callers carry it in their URLs.
 * @param list what the list is of: its name and its filter, as JSON. The number of items per page is no part of it.
 */
export function cursorOf(place: unknown, list: unknown): string {
  return Buffer.from(JSON.stringify([hashPayload(list), place])).toString("base64url");
}

/** The place that a cursor names; undefined if it is none that `cursorOf` made for this list. */
export function readCursor<Place>(
  cursor: string,
  { list, place }: { readonly list: unknown; readonly place: z.ZodType<Place> },
): Place | undefined {
  const parsed = cursorSchema.safeParse(parse(cursor));
  if (!parsed.success) return undefined;
  const [hash, value] = parsed.data;
  return hash === hashPayload(list) ? place.safeParse(value).data : undefined;
}

function parse(cursor: string): unknown {
  const bytes = Buffer.from(cursor, "base64url");
  // Buffer skips what base64url doesn't have.
  if (bytes.toString("base64url") !== cursor) return undefined;
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}
