import * as z from "zod";
import { anyJson } from "../../../shared/contract/any-json.ts";
import { EXCLUSIVE_DUE_TIMES, dueTimeFields } from "../../../shared/contract/new-task/due-time.ts";
import { IDEMPOTENCY_KEY_PATTERN } from "../../../shared/contract/new-task/idempotency-key.ts";
import type { TaskTypes } from "../../../shared/contract/registry.ts";
import { inputSchema } from "../http/input-schema.ts";
import { componentsOf, referenceTo } from "./components.ts";

const idempotencyKey = z
  .string()
  .regex(IDEMPOTENCY_KEY_PATTERN)
  .describe("The same as the header Idempotency-Key for a single task. Every task in a batch has one.");

/** The schemas for new tasks, by name in the document, with their fields besides type and payload. */
const FORMS = {
  NewTask: dueTimeFields,
  NewBatchTask: { ...dueTimeFields, idempotencyKey },
} satisfies Record<string, z.ZodRawShape>;

/**
 * The schemas for new tasks, by name in the document: for the type `mail.send`, `MailSendPayload` and
 * `MailSendNewTask`; and `NewTask`, which is one of all types'.
 */
export function taskSchemas(types: TaskTypes): Record<string, object> {
  const names = schemaNames([...types.keys()]);
  const payloads = [...types.values()].map(({ type, payload }) =>
    componentsOf(`${names.get(type)}Payload`, inputSchema(payload)),
  );
  const forms = Object.entries(FORMS).map(([form, fields]) => formSchemas(names, { form, fields }));
  return Object.assign({}, ...payloads, ...forms);
}

function formSchemas(
  names: ReadonlyMap<string, string>,
  { form, fields }: { readonly form: string; readonly fields: z.ZodRawShape },
): Record<string, object> {
  const variants = [...names].map(([type, name]) => {
    const schema = inputSchema(z.strictObject({ type: z.literal(type), payload: anyJson, ...fields }));
    const payload = { $ref: referenceTo(`${name}Payload`) };
    const { $schema: _schema, $defs: _defs, ...variant } = schema;
    return [type, `${name}${form}`, { ...variant, properties: { ...variant.properties, payload } }] as const;
  });
  const mapping = Object.fromEntries(variants.map(([type, name]) => [type, referenceTo(name)]));
  const union = {
    oneOf: variants.map(([, name]) => ({ $ref: referenceTo(name) })),
    discriminator: { propertyName: "type", mapping },
    ...EXCLUSIVE_DUE_TIMES,
  };
  return { ...Object.fromEntries(variants.map(([, name, schema]) => [name, schema])), [form]: union };
}

/** The prefix of each type's schema names: `mail.send` becomes `MailSend`. */
function schemaNames(types: readonly string[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const type of types) {
    const words = type.split(/[.-]+/).map((word) => word.charAt(0).toUpperCase() + word.slice(1));
    const taken = new Set(names.values());
    let name = words.join("");
    // `mail.send` and `mail-send` would have the same name.
    for (let count = 2; taken.has(name); count++) name = `${words.join("")}_${count}`;
    names.set(type, name);
  }
  return names;
}

/** A sample request for a new task, of the first type whose payload schema has `examples`. */
export function exampleTask(types: TaskTypes): { type: string; payload: unknown } | undefined {
  for (const { type, payload } of types.values()) {
    const { examples } = inputSchema(payload);
    if (examples && examples.length > 0) return { type, payload: examples[0] };
  }
  return undefined;
}
