import type { Slot } from "../../../shared/http/admission.ts";
import { type BoundedBody, readRequestBody } from "../../../shared/http/bounded-body.ts";
import { JsonBodyError, parseJsonBody } from "../../../shared/http/json-body.ts";
import type { Problem } from "../../../shared/http/problem.ts";
import { NEW_TASK_LIMITS } from "../../../shared/contract/new-task/payload-text.ts";
import type { ReadJson } from "../../../shared/json/read-json.ts";

export type JsonBody =
  | { readonly kind: "parsed"; readonly json: ReadJson }
  | { readonly kind: "refused"; readonly problem: Problem }
  | Exclude<BoundedBody, { readonly kind: "read" }>;

const MEDIA_TYPE = /^application\/json(\s*;\s*charset="?utf-8"?)?$/i;

/** The rules for any body, whatever its schema, for the OpenAPI document. */
export const BODY_RULES =
  "JSON in UTF-8, without a Content-Encoding. " +
  `At most ${NEW_TASK_LIMITS.maxDepth} levels of arrays and objects, and ${NEW_TASK_LIMITS.maxValues} values. ` +
  "No duplicate names in an object, no name __proto__, and no unpaired surrogates. " +
  "Only numbers that a double holds unchanged.";

/**
 * Reads the body of a request, at most `maxBytes` bytes, as JSON, when it is this request's turn.
 *
 * @param options.ifEmpty the value of an empty body. Default: it is refused.
 */
export async function readJsonBody(
  request: Request,
  options: { readonly maxBytes: number; readonly slot: Slot; readonly ifEmpty?: object },
): Promise<JsonBody> {
  const { maxBytes, slot, ifEmpty } = options;
  const body = await readJsonBytes(request, maxBytes, { mayBeEmpty: ifEmpty !== undefined });
  if (body.kind !== "read") return body;
  if (ifEmpty && body.bytes.byteLength === 0) return { kind: "parsed", json: { value: ifEmpty, fields: new Map() } };
  await slot.turn(body.bytes.byteLength);
  try {
    return { kind: "parsed", json: parseJsonBody(body.bytes, NEW_TASK_LIMITS) };
  } catch (error) {
    if (!(error instanceof JsonBodyError)) throw error;
    return { kind: "refused", problem: bodyProblem(error) };
  }
}

/** Reads a request's body, at most `maxBytes` bytes, if its headers declare JSON in UTF-8. */
export async function readJsonBytes(
  request: Request,
  maxBytes: number,
  { mayBeEmpty = false }: { readonly mayBeEmpty?: boolean } = {},
): Promise<BoundedBody | Extract<JsonBody, { kind: "refused" }>> {
  const body = await readRequestBody(request, maxBytes);
  if (body.kind !== "read" || (mayBeEmpty && body.bytes.byteLength === 0)) return body;
  if (!MEDIA_TYPE.test(request.headers.get("content-type") ?? "")) {
    return refuseMedia("Send the body as application/json, in UTF-8.");
  }
  if (request.headers.has("content-encoding")) return refuseMedia("Send the body without a Content-Encoding.");
  return body;
}

/** The problem with a body that isn't JSON, or can't be passed on unchanged. */
export function bodyProblem({ message: detail, problems }: JsonBodyError): Problem {
  const problem = { status: 400, code: "invalid-body", title: "Bad request", detail };
  return problems.length === 0 ? problem : { ...problem, problems };
}

function refuseMedia(detail: string): Extract<JsonBody, { kind: "refused" }> {
  const problem = { status: 415, code: "unsupported-media-type", title: "Unsupported media type", detail };
  return { kind: "refused", problem };
}
