import type { Problem } from "../../shared/problem.ts";
import { jsonLimitProblem } from "./json-limits.ts";

export type JsonBody =
  | { readonly kind: "read"; readonly value: unknown }
  | { readonly kind: "refused"; readonly problem: Problem };

const MEDIA_TYPE = /^application\/json(\s*;\s*charset="?utf-8"?)?$/i;

/** Reads a request's body, whose size has been limited before, as JSON. */
export async function readJsonBody(request: Request): Promise<JsonBody> {
  if (!MEDIA_TYPE.test(request.headers.get("content-type") ?? "")) {
    return refuse(415, "unsupported-media-type", "Send the body as application/json, in UTF-8.");
  }
  if (request.headers.has("content-encoding")) {
    return refuse(415, "unsupported-media-type", "Send the body without a Content-Encoding.");
  }
  const text = decode(await request.arrayBuffer());
  if (text === undefined) return refuse(400, "invalid-body", "The body is not valid UTF-8.");
  const value = parse(text);
  if (value === undefined) return refuse(400, "invalid-body", "The body is not valid JSON.");
  const problem = jsonLimitProblem(value);
  return problem === undefined ? { kind: "read", value } : refuse(400, "invalid-body", `The body ${problem}.`);
}

const TITLES = new Map([
  [400, "Bad request"],
  [415, "Unsupported media type"],
]);

function refuse(status: number, code: string, detail: string): JsonBody {
  return { kind: "refused", problem: { status, code, title: TITLES.get(status) ?? "Refused", detail } };
}

/** Decoding leniently would replace what is broken, and carry out something that was not asked for. */
function decode(bytes: ArrayBuffer): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** JSON.parse without its message, which quotes the text. JSON has no undefined, so that stands for broken. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
