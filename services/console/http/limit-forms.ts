import { bodyLimit } from "hono/body-limit";
import { LongForm } from "./form.ts";

/** In bytes: the highest limit that a payload can have, which takes up to three times as much as a form. */
const LONGEST_FORM_BYTES = 4 * 900 * 1_024;

/** Refuses a form that is too long before it is read. */
export const limitForms = bodyLimit({
  maxSize: LONGEST_FORM_BYTES,
  onError() {
    throw new LongForm();
  },
});
