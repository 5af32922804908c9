import { bodyLimit } from "hono/body-limit";
import { LongForm } from "./form.ts";

/** In bytes: the highest limit on payloads, encoded as a form, which takes up to three times as much. */
const MAX_FORM_BYTES = 4 * 900 * 1_024;

/** Refuses a form that is too long before reading it. */
export const limitForms = bodyLimit({
  maxSize: MAX_FORM_BYTES,
  onError() {
    throw new LongForm();
  },
});
