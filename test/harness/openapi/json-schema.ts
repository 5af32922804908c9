import { Ajv2020 } from "ajv/dist/2020.js";
import type { ApiDocument } from "./document.ts";

/** A document, and a check against its schemas by location, which returns what is wrong with a value, or nothing. */
export interface Checked {
  readonly document: ApiDocument;
  readonly problemsAt: (at: string) => (value: unknown) => string;
}

/** Formats are annotations in JSON Schema 2020-12, and nothing here relies on more than that. */
const OPTIONS = { strict: false, validateFormats: false, allErrors: true };

/** Makes a check of values against a schema. `at` is the schema's location in the document, as a JSON pointer. */
export function validatorOf(document: object, at = ""): (value: unknown) => boolean {
  const problems = problemsBy(document)(at);
  return (value) => problems(value) === "";
}

/**
 * Makes validators for the schemas in a document, one per location. They return what is wrong with a value, or nothing.
 */
export function problemsBy(document: object): (at: string) => (value: unknown) => string {
  const ajv = new Ajv2020(OPTIONS);
  ajv.addSchema(document, "document");
  return (at) => {
    const validate = ajv.getSchema(`document#${at}`);
    if (!validate) throw new Error(`There is no schema at ${at}.`);
    return (value) => (validate(value) === true ? "" : ajv.errorsText(validate.errors));
  };
}
