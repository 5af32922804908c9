import fs from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import * as z from "zod";
import { type Json, anyJson } from "../../shared/contract/any-json.ts";
import { localVariables, type TaskSetting } from "../../shared/contract/task-settings.ts";
import { ConfigError } from "../../shared/runtime/config-error.ts";
import { PROJECT_DIR } from "./project-dir.ts";
import { configKeyOf } from "../settings/task-settings.ts";

const stackFile = z.object({ config: z.record(z.string(), anyJson).default({}) });

/** A stack's configuration as Pulumi passes it to the program, and the keys that are secret. */
export interface StackConfig {
  readonly config: Readonly<Record<string, string>>;
  readonly secretKeys: readonly string[];
}

/** Stands in for a value that only Pulumi can decrypt. */
const PLACEHOLDER = "placeholder-of-an-encrypted-value";

type Declared = ReadonlyMap<string, TaskSetting>;

/** Reads the example configuration for one kind of stack. */
export function readExample(kind: "dev" | "production", declared: Declared): StackConfig {
  return readStackFile(path.join(PROJECT_DIR, `Pulumi.${kind}.yaml.example`), declared);
}

/**
 * Reads a Pulumi.STACK.yaml, replacing encrypted values with placeholders.
 *
 * @param declared the variables that task types declare. A variable's local value has the right format for its
 * placeholder.
 * @throws ConfigError when the file doesn't exist or isn't a Pulumi stack file.
 */
export function readStackFile(file: string, declared: Declared): StackConfig {
  const config = withNamespaces(parseStackFile(file).config);
  const local = Object.entries(localVariables(declared));
  const placeholders = new Map(local.map(([name, text]) => [`handoff:${configKeyOf(name)}`, text]));
  return {
    config: Object.fromEntries(
      Object.entries(config).map(([key, value]) => [key, asText(value, placeholders.get(key) ?? PLACEHOLDER)]),
    ),
    secretKeys: Object.keys(config).filter((key) => hasSecret(config[key])),
  };
}

/** Pulumi takes a key without a namespace for one of the project's own (https://github.com/pulumi/pulumi/issues/8603). */
function withNamespaces<Value>(config: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key.includes(":") ? key : `handoff:${key}`, value]),
  );
}

function parseStackFile(file: string): z.output<typeof stackFile> {
  try {
    const text = fs.readFileSync(file, "utf8");
    return stackFile.parse(parse(text, (_, value: unknown) => asPulumiReads(value), { customTags: ["timestamp"] }));
  } catch (cause) {
    const isMissing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    const why = isMissing ? "the file doesn't exist" : "it must be YAML with a config map, as Pulumi writes it";
    throw new ConfigError(`${file} can't be used: ${why}.`, { cause });
  }
}

/**
 * Pulumi reads a time without quotes as a time, too, and passes it on in its own spelling, which programs can't read:
 * `2027-01-31 12:00:00 +0000 UTC`.
 */
function asPulumiReads(value: unknown): unknown {
  return value instanceof Date
    ? value
        .toISOString()
        .replace("T", " ")
        .replace(/\.\d+Z$/, " +0000 UTC")
    : value;
}

/** Pulumi writes an encrypted value as `secure: v1:…`. */
function isSecret(value: unknown): boolean {
  return typeof value === "object" && value !== null && "secure" in value;
}

/** Pulumi takes a setting for secret as a whole if part of it is, as after `pulumi config set --path --secret`. */
function hasSecret(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return isSecret(value) || Object.values(value).some(hasSecret);
}

function asText(value: Json, placeholder: string): string {
  if (isSecret(value)) return placeholder;
  return typeof value === "string"
    ? value
    : JSON.stringify(value, (_, part: unknown) => (isSecret(part) ? placeholder : part));
}
