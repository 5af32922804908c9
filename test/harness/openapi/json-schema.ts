import { Ajv2020 } from "ajv/dist/2020.js";
import type { ApiDocument } from "./document.ts";

/** A document, and what is wrong with a value of one of its schemas, by where that is; nothing if it fits. */
export interface Checked {
  readonly document: ApiDocument;
  readonly problemsAt: (at: string) => (value: unknown) => string;
}

/** Formats are annotations in JSON Schema 2020-12, and nothing here relies on more than that. */
const OPTIONS = { strict: false, validateFormats: false, allErrors: true };

/** Tells whether a value fits a schema. `at` is where the schema is in the document, as a JSON pointer. */
export function validatorOf(document: object, at = ""): (value: unknown) => boolean {
  const problems = problemsBy(document)(at);
  return (value) => problems(value) === "";
}

/**
 * Makes validators of the schemas in a document, each once, by where they are. They say what is wrong with a value, and
 * nothing if it fits.
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
