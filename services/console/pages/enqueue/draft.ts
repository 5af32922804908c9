import type { TaskTypeInfo } from "../../../../packages/client/src/views/service.ts";
import type { ConsoleContext } from "../../http/console-env.ts";
import { type Field, inputName } from "../../payload/field.ts";
import { fillFields, prettyJson } from "../../payload/fill-fields.ts";
import type { Typed } from "../../payload/read-fields.ts";
import { samplePayload } from "../../payload/sample-payload.ts";

/** A task that is being written: every text as it was typed. */
export interface Draft {
  /** Whether the payload is edited in fields or as JSON. */
  readonly as: "fields" | "json";
  readonly typed: Typed;
  /** The whole payload, if it is edited as JSON. */
  readonly json: string;
  /** The idempotency key; empty to use the generated one. */
  readonly key: string;
  /** Generated, so that all submissions of this form are one task. */
  readonly madeUpKey: string;
  readonly delaySeconds: string;
  readonly scheduleTime: string;
}

/** The names of the inputs other than the payload's fields. */
export const INPUTS = {
  type: "type",
  as: "as",
  json: "json",
  key: "key",
  madeUpKey: "made-up-key",
  delaySeconds: "delay",
  scheduleTime: "time",
  /** The action of the button that was pressed. */
  act: "do",
} as const;

/** An empty form. */
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

/** An empty form with a sample payload. */
export function sampleDraft(field: Field, { payloadSchema }: Pick<TaskTypeInfo, "payloadSchema">): Draft {
  return withPayload(emptyDraft(field), field, samplePayload(payloadSchema));
}

/** Puts a payload in the fields, or shows it as JSON if they can't express it. */
function withPayload(draft: Draft, field: Field, payload: unknown): Draft {
  const typed = fillFields(field, payload);
  return typed ? { ...draft, as: "fields", typed } : { ...draft, as: "json", json: prettyJson(payload) };
}

/** Reads a submitted form. */
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

/** Fields that can only have one value, except in an object that is left out while it is empty. */
function onlyChoices(field: Field): [string, string][] {
  if (!field.isRequired) return [];
  if (field.kind === "group") return field.fields.flatMap(onlyChoices);
  const isOnly = field.kind === "choice" && field.options.length === 1;
  return isOnly ? [[inputName(field), JSON.stringify(field.options[0])]] : [];
}
