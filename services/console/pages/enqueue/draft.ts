import type { TaskTypeInfo } from "../../../../packages/client/src/views/service.ts";
import type { ConsoleContext } from "../../http/console-env.ts";
import { type Field, inputName } from "../../payload/field.ts";
import { fillFields, prettyJson } from "../../payload/fill-fields.ts";
import type { Typed } from "../../payload/read-fields.ts";
import { samplePayload } from "../../payload/sample-payload.ts";

/** A task that somebody is writing: every text as it was typed. */
export interface Draft {
  /** Whether the payload is written field by field, or as JSON. */
  readonly as: "fields" | "json";
  readonly typed: Typed;
  /** The whole payload, where it is written as JSON. */
  readonly json: string;
  /** The idempotency key; empty for the one that was made up. */
  readonly key: string;
  /** Makes all tries of this form one task. */
  readonly madeUpKey: string;
  readonly delaySeconds: string;
  readonly scheduleTime: string;
}

/** The names of the inputs besides those of the payload's fields. */
export const INPUTS = {
  type: "type",
  as: "as",
  json: "json",
  key: "key",
  madeUpKey: "made-up-key",
  delaySeconds: "delay",
  scheduleTime: "time",
  /** What the button that was pressed does. */
  act: "do",
} as const;

/** A form that nobody has written in. */
export function emptyDraft(field: Field): Draft {
  return {
    as: "fields",
    typed: new Map(onlyChoices(field)),
    json: "",
    key: "",
    madeUpKey: crypto.randomUUID(),
    delaySeconds: "",
    scheduleTime: "",
  };
}

/** The same with a payload to begin with. */
export function sampleDraft(field: Field, { payloadSchema }: Pick<TaskTypeInfo, "payloadSchema">): Draft {
  return withPayload(emptyDraft(field), field, samplePayload(payloadSchema));
}

/** Shows a payload in the fields, or as JSON if they can't express it. */
function withPayload(draft: Draft, field: Field, payload: unknown): Draft {
  const typed = fillFields(field, payload);
  return typed ? { ...draft, as: "fields", typed } : { ...draft, as: "json", json: prettyJson(payload) };
}

/** Reads what a form holds. */
export async function readDraft(context: ConsoleContext): Promise<Draft> {
  const typed = new Map<string, string>();
  for (const [name, value] of Object.entries(await context.req.parseBody())) {
    if (typeof value === "string") typed.set(name, value);
  }
  const text = (name: string): string => typed.get(name)?.trim() ?? "";
  return {
    as: text(INPUTS.as) === "json" ? "json" : "fields",
    typed,
    json: typed.get(INPUTS.json) ?? "",
    key: text(INPUTS.key),
    madeUpKey: text(INPUTS.madeUpKey) || crypto.randomUUID(),
    delaySeconds: text(INPUTS.delaySeconds),
    scheduleTime: text(INPUTS.scheduleTime),
  };
}

/** What can have one value only, but not in an object that is left out while nothing is typed. */
function onlyChoices(field: Field): [string, string][] {
  if (!field.isRequired) return [];
  if (field.kind === "group") return field.fields.flatMap(onlyChoices);
  const isOnly = field.kind === "choice" && field.options.length === 1;
  return isOnly ? [[inputName(field), JSON.stringify(field.options[0])]] : [];
}
