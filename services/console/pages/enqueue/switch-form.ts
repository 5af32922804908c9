import type { Field } from "../../payload/field.ts";
import { fillFields, prettyJson } from "../../payload/fill-fields.ts";
import type { Draft } from "./draft.ts";
import { payloadOf } from "./new-task-of.ts";
import { type Shown, asProblems, asWritten } from "./shown.ts";

/** Switches a draft between fields and JSON. It isn't switched if anything would be lost. */
export function switchForm(draft: Draft, field: Field, to: "as-json" | "as-fields"): Shown {
  const isEmpty = draft.as === "json" && draft.json.trim() === "";
  if (isEmpty && to === "as-fields") return asWritten({ ...draft, as: "fields", typed: new Map() });
  const read = payloadOf(draft, field);
  if (read.kind === "wrong") {
    return {
      ...asProblems(draft, read.problems),
      message: "First correct the marked fields: the others can't be kept.",
    };
  }
  if (to === "as-json") return asWritten({ ...draft, as: "json", json: prettyJson(read.payload) });
  const typed = fillFields(field, read.payload);
  return typed
    ? asWritten({ ...draft, as: "fields", typed })
    : asProblems(draft, [{ path: "payload", message: "can't be shown as fields without a change" }]);
}
