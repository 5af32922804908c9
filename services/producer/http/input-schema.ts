import { z } from "@hono/zod-openapi";

type Schema = z.core.$ZodType;
type JsonSchema = z.core.JSONSchema.BaseSchema;

/** Types that JSON doesn't have. zod has no JSON schema for these, and would allow anything. */
const NEVER_JSON = new Set<string>(["bigint", "date", "function", "map", "nan", "set", "symbol", "undefined", "void"]);

/** Flags that change what a pattern matches. Patterns in JSON Schema have no flags. */
const CHANGING_FLAGS = /[ims]/;

const CONVERTED = "It is converted before the other checks.";
const UNSAID = "There are checks that this schema can't express.";

/**
 * What a schema accepts, as JSON Schema 2020-12. Rules that JSON Schema can't express go into a description: those of a
 * `refine`, with their message; patterns with flags; and that a value is checked after a conversion. The result forbids
 * nothing that the schema accepts, except values that a `catch` replaces.
 */
export function inputSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: ({ zodSchema: { _zod } }) =>
      NEVER_JSON.has(_zod.def.type) && !isCoerced(_zod.def) ? { not: {} } : "any",
    override: ({ zodSchema, jsonSchema }) => {
      if (isCoerced(zodSchema._zod.def)) delete jsonSchema.type;
      for (const { source } of flaggedPatterns(zodSchema)) dropPattern(jsonSchema, source);
      addToDescription(jsonSchema, unsaidRules(zodSchema));
    },
  });
}

function isCoerced(def: object): boolean {
  return "coerce" in def && def.coerce === true;
}

/** The checks of a schema. For a format, such as `z.url()`, the schema itself is the first one. */
function checksOf(schema: Schema): unknown[] {
  return [schema, ...(schema._zod.def.checks ?? [])];
}

function flaggedPatterns(schema: Schema): RegExp[] {
  return checksOf(schema).flatMap((check) => {
    const pattern = check instanceof z.core.$ZodCheckStringFormat ? check._zod.def.pattern : undefined;
    return pattern && CHANGING_FLAGS.test(pattern.flags) ? [pattern] : [];
  });
}

function dropPattern(jsonSchema: JsonSchema, source: string): void {
  if (jsonSchema.pattern === source) delete jsonSchema.pattern;
  const others = jsonSchema.allOf?.filter((part) => typeof part !== "object" || part.pattern !== source);
  if (others) jsonSchema.allOf = others;
  if (others?.length === 0) delete jsonSchema.allOf;
}

/** A sentence for each rule of a schema, or of one that it wraps, that JSON Schema can't express. */
function unsaidRules(schema: Schema): string[] {
  const { def } = schema._zod;
  const isConverted = isCoerced(def) || schema instanceof z.core.$ZodPipe;
  return [
    ...(isConverted ? [CONVERTED] : []),
    ...flaggedPatterns(schema).map((pattern) => `It must match ${pattern}.`),
    ...checksOf(schema).flatMap(unsaidRule),
    ...("innerType" in def && def.innerType instanceof z.core.$ZodType ? unsaidRules(def.innerType) : []),
  ];
}

function unsaidRule(check: unknown): string[] {
  if (check instanceof z.core.$ZodCheckOverwrite) return [CONVERTED];
  if (check instanceof z.core.$ZodURL) return urlRules(check._zod.def);
  // A custom kind of schema must have its own description.
  if (check instanceof z.core.$ZodCustom) return isDescribed(check) ? [] : [customRule(check._zod.def)];
  // The checks of `superRefine` and `check`.
  const isCustom = check instanceof z.core.$ZodCheck && check._zod.def.check === "custom";
  return isCustom ? [UNSAID] : [];
}

function urlRules({ protocol, hostname }: z.core.$ZodURLDef): string[] {
  return [
    ...(protocol ? [`Its protocol must match ${protocol}.`] : []),
    ...(hostname ? [`Its host must match ${hostname}.`] : []),
  ];
}

function isDescribed(schema: Schema): boolean {
  return z.globalRegistry.get(schema)?.description !== undefined;
}

/** The rule of a `refine`, from its message. A message that depends on the value is unusable without one. */
function customRule({ path = [], error }: z.core.$ZodCustomDef): string {
  const message = error?.length === 0 ? textOf(error({ code: "custom", input: undefined, path: [] })) : undefined;
  return message === undefined ? UNSAID : `Rule: ${[path.map(String).join("."), message].join(" ").trim()}.`;
}

function textOf(message: ReturnType<z.core.$ZodErrorMap>): string | undefined {
  return typeof message === "object" ? message?.message : message;
}

function addToDescription(jsonSchema: JsonSchema, sentences: readonly string[]): void {
  const added = [...new Set(sentences)].filter((sentence) => jsonSchema.description?.includes(sentence) !== true);
  if (added.length === 0) return;
  jsonSchema.description = [jsonSchema.description, ...added].filter((text) => text !== undefined).join(" ");
}
