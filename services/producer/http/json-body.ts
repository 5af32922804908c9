import { JsonBodyError, parseJsonBody } from "../../../shared/http/json-body.ts";
import type { Problem } from "../../../shared/http/problem.ts";

export type JsonBody =
  | { readonly kind: "read"; readonly value: unknown }
  | { readonly kind: "refused"; readonly problem: Problem };

const MEDIA_TYPE = /^application\/json(\s*;\s*charset="?utf-8"?)?$/i;

/** Less than what the worker takes, since the envelope adds a level. */
const MAX_DEPTH = 64;

/** Reads a request's body, whose size has been limited before, as JSON. */
export async function readJsonBody(request: Request): Promise<JsonBody> {
  if (!MEDIA_TYPE.test(request.headers.get("content-type") ?? "")) {
    return refuseMedia("Send the body as application/json, in UTF-8.");
  }
  if (request.headers.has("content-encoding")) return refuseMedia("Send the body without a Content-Encoding.");
  try {
    return { kind: "read", value: parseJsonBody(await request.arrayBuffer(), MAX_DEPTH) };
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
