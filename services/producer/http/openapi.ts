import { z } from "@hono/zod-openapi";
import { inputSchema } from "./input-schema.ts";

/** RFC 9457. */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    code: z.string().openapi({ description: "A stable code for programs." }),
    problems: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .openapi({ description: "Everything that is wrong with the request, and what to do about it." }),
  })
  .openapi("Problem");

/** Describes a response that is a problem. */
export function problemContent(description: string) {
  const schema = { $ref: "#/components/schemas/Problem" };
  return { description, content: { "application/problem+json": { schema } } };
}

/** Describes a JSON response. */
export function jsonContent(description: string, schema: z.ZodType, example?: object) {
  const content = { "application/json": { schema, ...(example === undefined ? {} : { example }) } };
  return { description, content };
}

/** The schema of a page of a list. */
export function listOf<Item extends z.ZodType>(name: string, item: Item) {
  const nextCursor = z.string().optional().openapi({
    description: "The cursor of the next page. Missing on the last one.",
  });
  return z.object({ items: z.array(item), nextCursor }).openapi(name);
}

/** The name of a body's schema, which the document moves to its named schemas. */
export const NAME = "x-name";

/**
 * Describes a request's body. The endpoint reads and checks it itself, because the generator's own validation would
 * stop at the first problem. The name is the schema's name in the document.
 */
export function jsonBody(
  { name, schema }: { readonly name: string; readonly schema: z.ZodType },
  about: { readonly description: string; readonly required: boolean; readonly example: object },
) {
  const { description, required, example } = about;
  const named: object = { [NAME]: name, ...inputSchema(schema) };
  return { required, description, content: { "application/json": { schema: named, example } } };
}

const retryAfter = {
  "Retry-After": { description: "Seconds to wait.", schema: { type: "integer" as const } },
};

/** The responses that many endpoints share, by name in the document. */
export const SHARED_RESPONSES = {
  InvalidRequest: problemContent("The request is not valid. Everything that is wrong with it is listed."),
  Unauthenticated: {
    ...problemContent("The request has no valid identity token."),
    headers: { "WWW-Authenticate": { description: "Always Bearer.", schema: { type: "string" as const } } },
  },
  Forbidden: problemContent("The token's account may not do this. The problem says what is missing."),
  BodyTooLarge: problemContent("The body has more bytes than the endpoint accepts."),
  UnsupportedMediaType: problemContent("The body is not JSON in UTF-8, or has a Content-Encoding."),
  TooManyRequests: {
    ...problemContent("The caller sends this instance too many requests. Nothing was done."),
    headers: retryAfter,
  },
  InternalError: problemContent("A bug. It has been logged."),
  Unavailable: {
    ...problemContent(
      "The instance has no capacity left, or a service that it depends on failed. Repeat the request later.",
    ),
    headers: retryAfter,
  },
};

/** Describes a response that many endpoints share. */
export function sharedResponse(name: keyof typeof SHARED_RESPONSES) {
  return { $ref: `#/components/responses/${name}` as const };
}

/** The responses of an endpoint to an invalid JSON body. */
export const bodyResponses = {
  400: sharedResponse("InvalidRequest"),
  413: sharedResponse("BodyTooLarge"),
  415: sharedResponse("UnsupportedMediaType"),
};
