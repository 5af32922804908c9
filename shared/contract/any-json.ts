import { z } from "zod";

/** A JSON value. */
export type Json = z.core.util.JSONType;

/**
 * The schema of any JSON value, for payloads and parts of them. Unlike `z.json()` it looks at nothing: payloads are
 * checked once, where they come in, whatever their schema. So a large one costs no more than a small one. The API's
 * description names it `Json`.
 */
export const anyJson = z
  .custom<Json>((value) => value !== undefined, "is missing")
  .meta({ id: "Json", description: "Any JSON value." });
