import { z } from "@hono/zod-openapi";
import type { TaskTypes } from "../../../shared/contract/registry.ts";
import { dueTimeFields } from "../tasks/due-time.ts";

/** RFC 9457. */
const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    code: z.string().openapi({ description: "A stable word for programs." }),
    problems: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .openapi({ description: "Everything that is wrong with the request, and what to do about it." }),
  })
  .openapi("Problem");

/** A route's description of a response that is a problem. */
export function problemContent(description: string) {
  return { description, content: { "application/problem+json": { schema: problemSchema } } };
}

/** The top of the document. */
export const DOCUMENT_FRAME = {
  openapi: "3.1.0",
  info: {
    title: "Handoff",
    version: "1",
    description: "Takes on background work and responds at once. Tasks are delivered at least once and deduplicated.",
  },
};

/**
 * The schemas of what `POST /v1/tasks` accepts, by their names in the document: `NewTask`, and what it refers to.
 *
 * zod itself makes them, since the OpenAPI generator never finishes with a schema that contains itself, as JSON does.
 */
export function newTaskComponents(types: TaskTypes): Record<string, object> {
  const variants = [...types.values()].map(({ type, payload }) =>
    z.strictObject({ type: z.literal(type), payload, ...dueTimeFields }),
  );
  const { $defs = {}, ...newTask } = z.toJSONSchema(z.union(variants), { io: "input", unrepresentable: "any" });
  const definitions = Object.entries($defs).map(([name, schema]) => [`NewTask${name}`, schema] as const);
  const components = { ...Object.fromEntries(definitions), NewTask: newTask };
  const text = JSON.stringify(components).replaceAll('"#/$defs/', '"#/components/schemas/NewTask');
  return z.record(z.string(), z.looseObject({})).parse(JSON.parse(text));
}
