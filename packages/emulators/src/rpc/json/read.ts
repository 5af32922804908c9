import type { FieldViolation } from "./violations.ts";

/** A value that was read, or what is wrong with it. */
export type Read = { readonly value: unknown } | { readonly violation: FieldViolation };

/** A value that can't be read. */
export const refused = (violation: FieldViolation): Read => ({ violation });
