import { type BoundedBody, readBounded } from "../../../shared/http/bounded-body.ts";
import { JsonBodyError, parseJsonBody } from "../../../shared/http/json-body.ts";
import type { Problem } from "../../../shared/http/problem.ts";

export type JsonBody =
  | { readonly kind: "parsed"; readonly value: unknown }
  | { readonly kind: "refused"; readonly problem: Problem }
  | Exclude<BoundedBody, { readonly kind: "read" }>;

const MEDIA_TYPE = /^application\/json(\s*;\s*charset="?utf-8"?)?$/i;

/** Less than the worker accepts, since the envelope adds a level. */
const MAX_DEPTH = 64;

/** Reads the body of a request, at most `maxBytes` bytes, as JSON. */
export async function readJsonBody(request: Request, maxBytes: number): Promise<JsonBody> {
  const body = await readBounded(request, maxBytes);
  if (body.kind !== "read") return body;
  if (!MEDIA_TYPE.test(request.headers.get("content-type") ?? "")) {
    return refuseMedia("Send the body as application/json, in UTF-8.");
  }
  if (request.headers.has("content-encoding")) return refuseMedia("Send the body without a Content-Encoding.");
  try {
    return { kind: "parsed", value: parseJsonBody(body.bytes, MAX_DEPTH) };
  } catch (error) {
    if (!(error instanceof JsonBodyError)) throw error;
    const problem = { status: 400, code: "invalid-body", title: "Bad request", detail: error.message };
    return { kind: "refused", problem };
  }
}

function refuseMedia(detail: string): JsonBody {
  const problem = { status: 415, code: "unsupported-media-type", title: "Unsupported media type", detail };
  return { kind: "refused", problem };
}
