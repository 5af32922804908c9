import type { Problem } from "../../../../shared/http/problem.ts";

/** The largest body that is read, in bytes: several times the producer's largest response. */
const MAX_BYTES = 32 * 2 ** 20;

const JSON_TYPE = /^application\/(?:problem\+)?json\b/;

/** The fields that a body must have, by name, to be the producer's. */
export type Shape = Readonly<Record<string, "text" | "list">>;

/** A body that could be read as JSON. */
export interface ReadJson<Body> {
  readonly value: Body;
}

/** Reads a body as JSON: null for a success without a body, undefined for a body that isn't JSON or exceeds 32 MiB. */
export async function readJson(response: Response) {
  const text = await readText(response);
  if (text === undefined) return undefined;
  const isEmptySuccess = response.ok && text === "";
  if (!isEmptySuccess && !JSON_TYPE.test(response.headers.get("content-type") ?? "")) return undefined;
  try {
    return { value: JSON.parse(isEmptySuccess ? "null" : text) };
  } catch {
    return undefined;
  }
}

/** The body as text; undefined if it is too large. Then the rest isn't read. */
async function readText({ body }: Response): Promise<string | undefined> {
  if (!body) return "";
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > MAX_BYTES) {
      await reader.cancel();
      return undefined;
    }
    text += decoder.decode(value, { stream: true });
  }
}

/** Whether a body has the fields that it must have. */
export function fits(body: unknown, shape: Shape): boolean {
  return Object.entries(shape).every(([name, kind]) => {
    const value = fieldOf(body, name);
    return kind === "list" ? Array.isArray(value) : typeof value === "string";
  });
}

/** RFC 9457 makes all of these optional, but the producer always sends status, code and title. */
export function isProblem(body: unknown): body is Problem {
  const [detail, problems] = [fieldOf(body, "detail"), fieldOf(body, "problems")];
  return (
    typeof fieldOf(body, "status") === "number" &&
    fits(body, { code: "text", title: "text" }) &&
    (detail === undefined || typeof detail === "string") &&
    (problems === undefined ||
      (Array.isArray(problems) && problems.every((one) => fits(one, { path: "text", message: "text" }))))
  );
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
