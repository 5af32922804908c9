import { z } from "zod";

/** A JSON value. */
export type Json = z.core.util.JSONType;

/**
 * The schema of any JSON value, for payloads and parts of them. Unlike `z.json()` it looks at nothing: payloads are
 * checked once, where they come in, whatever their schema. So a large one costs no more than a small one.
 */
export const anyJson = z
  .custom<Json>((value) => value !== undefined, "is missing")
  .meta({ description: "Any JSON value.", type: ["object", "array", "string", "number", "boolean", "null"] });
