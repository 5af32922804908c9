import type { Slot } from "../../../shared/http/admission.ts";
import { type BoundedBody, readBounded } from "../../../shared/http/bounded-body.ts";
import { JsonBodyError, parseJsonBody } from "../../../shared/http/json-body.ts";
import type { Problem } from "../../../shared/http/problem.ts";
import type { ReadJson } from "../../../shared/json/read-json.ts";

export type JsonBody =
  | { readonly kind: "parsed"; readonly json: ReadJson }
  | { readonly kind: "refused"; readonly problem: Problem }
  | Exclude<BoundedBody, { readonly kind: "read" }>;

const MEDIA_TYPE = /^application\/json(\s*;\s*charset="?utf-8"?)?$/i;

/**
 * Less than the worker accepts (see parse-delivery.ts), since the envelope adds a level and some values, and since the
 * worker must accept what earlier revisions did. A payload may have 32,768 values; the rest is for the fields around it.
 */
const LIMITS = { maxDepth: 64, maxValues: 33_000 };

/** Reads the body of a request, at most `maxBytes` bytes, as JSON, when it is its turn. */
export async function readJsonBody(
  request: Request,
  { maxBytes, slot }: { readonly maxBytes: number; readonly slot: Slot },
): Promise<JsonBody> {
  const body = await readBounded(request, maxBytes);
  if (body.kind !== "read") return body;
  if (!MEDIA_TYPE.test(request.headers.get("content-type") ?? "")) {
    return refuseMedia("Send the body as application/json, in UTF-8.");
  }
  if (request.headers.has("content-encoding")) return refuseMedia("Send the body without a Content-Encoding.");
  await slot.turn(body.bytes.byteLength);
  try {
    return { kind: "parsed", json: parseJsonBody(body.bytes, LIMITS) };
  } catch (error) {
    if (!(error instanceof JsonBodyError)) throw error;
    const { message: detail, problems } = error;
    const problem = { status: 400, code: "invalid-body", title: "Bad request", detail };
    return { kind: "refused", problem: problems.length === 0 ? problem : { ...problem, problems } };
  }
}

function refuseMedia(detail: string): JsonBody {
  const problem = { status: 415, code: "unsupported-media-type", title: "Unsupported media type", detail };
  return { kind: "refused", problem };
}
