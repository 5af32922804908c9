import { z } from "@hono/zod-openapi";
import type { TaskTypes } from "../../../shared/contract/registry.ts";
import { scheduleFields } from "../tasks/due-time.ts";

/** The problem documents that errors are answered with (RFC 9457). */
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
      .openapi({ description: "All that is wrong with the request, and what to do about it." }),
  })
  .openapi("Problem");

/** An error's entry in a route's list of answers. */
export function problemAnswer(description: string) {
  return { description, content: { "application/problem+json": { schema: problemSchema } } };
}

/** What stands at the document's top. */
export const DOCUMENT_FRAME = {
  openapi: "3.1.0",
  info: {
    title: "Handoff",
    version: "1",
    description: "Takes background work over and answers at once. Tasks are delivered at least once and deduplicated.",
  },
};

/**
 * The schemas of what `POST /v1/tasks` takes, by their names in the document: `NewTask`, and what it refers to.
 *
 * They are made by zod itself, since the OpenAPI generator never ends on schemas that contain themselves, as JSON does.
 */
export function newTaskComponents(types: TaskTypes): Record<string, object> {
  const variants = [...types.values()].map(({ type, payload }) =>
    z.strictObject({ type: z.literal(type), payload, ...scheduleFields }),
  );
  const { $defs = {}, ...newTask } = z.toJSONSchema(z.union(variants), { io: "input", unrepresentable: "any" });
  const definitions = Object.entries($defs).map(([name, schema]) => [`NewTask${name}`, schema] as const);
  const components = { ...Object.fromEntries(definitions), NewTask: newTask };
  const text = JSON.stringify(components).replaceAll('"#/$defs/', '"#/components/schemas/NewTask');
  return z.record(z.string(), z.looseObject({})).parse(JSON.parse(text));
}
