import * as z from "zod";
import { hashPayload } from "../../../shared/contract/payload-hash.ts";
import type { RequestProblem } from "../../../shared/http/problem.ts";

/** The problem with a cursor that `readCursor` doesn't accept. */
export const UNKNOWN_CURSOR: RequestProblem = {
  path: "cursor",
  message: "is not a cursor of this list with this filter: leave it out to start again",
};

const cursorSchema = z.tuple([z.string(), z.unknown()]);

/**
 * Encodes a place in a list as a text that is opaque to callers and valid with the same filter only.
 *
 * @param place JSON, as small as possible: callers put it in their URLs.
 * @param list the list's name and filter, as JSON. The number of items per page isn't included.
 */
export function cursorOf(place: unknown, list: unknown): string {
  return Buffer.from(JSON.stringify([hashPayload(list), place])).toString("base64url");
}

/** The place in a cursor; undefined if `cursorOf` didn't make it for this list. */
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
  // Buffer skips characters that aren't base64url.
  if (bytes.toString("base64url") !== cursor) return undefined;
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}
