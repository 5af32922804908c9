import type { ConsoleContext } from "./console-env.ts";

/** The form isn't from one of our pages, or is from one that is too old. */
export class RefusedForm extends Error {}

/** The form is larger than any that our pages send. */
export class LongForm extends Error {}

/** The text of a form's field, trimmed; empty if the form doesn't have it. */
export async function textField(context: ConsoleContext, name: string): Promise<string> {
  const value = (await context.req.parseBody())[name];
  return typeof value === "string" ? value.trim() : "";
}

/** The texts of a field that may be repeated. */
export async function textFields(context: ConsoleContext, name: string): Promise<string[]> {
  const given = (await context.req.parseBody({ all: true }))[name];
  const values = Array.isArray(given) ? given : [given];
  return values.filter((value) => typeof value === "string");
}
