import type { ConsoleContext } from "./console-env.ts";

/** A form that didn't come from one of our pages, or from one that is too old. */
export class RefusedForm extends Error {}

/** A form with more in it than any of our pages sends. */
export class LongForm extends Error {}

/** The text of a field of a form, without the spaces around it; empty if the form doesn't have it. */
export async function textField(context: ConsoleContext, name: string): Promise<string> {
  const value = (await context.req.parseBody())[name];
  return typeof value === "string" ? value.trim() : "";
}

/** The texts of a field that a form may have several times. */
export async function textFields(context: ConsoleContext, name: string): Promise<string[]> {
  const given = (await context.req.parseBody({ all: true }))[name];
  const values = Array.isArray(given) ? given : [given];
  return values.filter((value) => typeof value === "string");
}
