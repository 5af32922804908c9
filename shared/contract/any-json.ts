import * as z from "zod";

/** A JSON value. */
export type Json = z.core.util.JSONType;

/**
 * The schema of any JSON value, for payloads and parts of them. Unlike `z.json()`, it doesn't walk the value: the edge
 * has already checked every payload, whatever its schema. So a large payload costs no more than a small one. The
 * OpenAPI document names it `Json`.
 */
export const anyJson = z
  .custom<Json>((value) => value !== undefined, "is missing")
  .meta({ id: "Json", description: "Any JSON value." });
