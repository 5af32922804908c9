import type { RecordedResource } from "./recorded-resource.ts";
import { type Value, textOf } from "./wire-values.ts";

const STACK_TYPE = "pulumi:pulumi:Stack";

/** Prints the graph in a stable order: a tree of components and resources, with their inputs. */
export function printGraph(resources: readonly RecordedResource[]): string {
  const stack = resources.find(({ type }) => type === STACK_TYPE);
  return printChildren(stack?.urn ?? "", resources, "").join("\n");
}

function printChildren(parent: string, resources: readonly RecordedResource[], indent: string): string[] {
  return resources
    .filter((resource) => resource.parent === parent)
    .toSorted((a, b) => `${a.type} ${a.name}`.localeCompare(`${b.type} ${b.name}`, "en"))
    .flatMap((resource) => {
      const lines = describe(resource, resources).map((line) => `${indent}    ${line}`);
      const children = printChildren(resource.urn, resources, `${indent}  `);
      return [`${indent}${resource.name}  (${resource.type})`].concat(lines, children);
    });
}

function describe(resource: RecordedResource, resources: readonly RecordedResource[]): string[] {
  const { inputs, ignoreChanges, secretOutputs } = resource;
  return [
    ...Object.keys(inputs)
      .toSorted()
      .flatMap((key) => printInput(key, inputs[key] ?? null)),
    ...(resource.protect ? ["! protected"] : []),
    ...(ignoreChanges.length > 0 ? [`! ignores changes of ${ignoreChanges.join(", ")}`] : []),
    ...(secretOutputs.length > 0 ? [`! secret outputs ${secretOutputs.join(", ")}`] : []),
    ...(resource.deletedWith ? [`! deleted with ${nameOf(resource.deletedWith, resources)}`] : []),
    ...(resource.custom && resource.dependencies.length > 0
      ? [`! after ${resource.dependencies.map((urn) => nameOf(urn, resources)).join(", ")}`]
      : []),
  ];
}

function nameOf(urn: string, resources: readonly RecordedResource[]): string {
  return resources.find((resource) => resource.urn === urn)?.name ?? urn;
}

/** One line per input. A nested value gets one line per leaf, with its path. */
function printInput(path: string, value: Value): string[] {
  if (typeof value !== "object" || value === null) return [`${path}: ${oneLine(textOf(value))}`];
  const entries = Array.isArray(value)
    ? value.map((item, index) => [`[${index}]`, item] as const)
    : Object.entries(value);
  if (entries.length === 0) return [`${path}: ${Array.isArray(value) ? "[]" : "{}"}`];
  if (isVariable(value)) return [`${path}: ${textOf(value.name)}=${textOf(value.value)}`];
  return entries.flatMap(([key, item]) => printInput(`${path}${key.startsWith("[") ? "" : "."}${key}`, item ?? null));
}

function oneLine(text: string): string {
  return text.replaceAll("\n", String.raw`\n`);
}

/** An environment variable reads best on one line. */
function isVariable(value: object): value is { name: Value; value: Value } {
  return Object.keys(value).toSorted().join() === "name,value";
}

/** The number of resources of each type, without components, most frequent first. */
export function countByType(resources: readonly RecordedResource[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { type, custom } of resources) if (custom) counts.set(type, (counts.get(type) ?? 0) + 1);
  return new Map([...counts].toSorted(([a, m], [b, n]) => n - m || a.localeCompare(b, "en")));
}
