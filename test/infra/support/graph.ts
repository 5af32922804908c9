import type { RecordedResource } from "../../../infra/preview/recorded-resource.ts";
import { type ProgramRun, runProgramOffline } from "../../../infra/preview/run-program.ts";
import { readExample } from "../../../infra/preview/stacks.ts";
import type { Value } from "../../../infra/preview/wire-values.ts";

export type Graph = readonly RecordedResource[];
export type StackKind = "dev" | "production";

/** Runs the program with one of the example configurations; `change` sets keys of it anew. */
export function runExample(
  kind: StackKind,
  mode: "preview" | "update",
  change: Readonly<Record<string, string>> = {},
): Promise<ProgramRun> {
  const example = readExample(kind);
  return runProgramOffline({ stack: kind, mode, ...example, config: { ...example.config, ...change } });
}

export function ofType(graph: Graph, ...types: readonly string[]): RecordedResource[] {
  return graph.filter(({ type }) => types.includes(type));
}

/** The one resource of this type and name. */
export function the(graph: Graph, type: string, name: string): RecordedResource {
  const [found, ...more] = ofType(graph, type).filter((resource) => resource.name === name);
  if (!found || more.length > 0) throw new Error(`There must be one ${type} called ${name}.`);
  return found;
}

/** What stands at a path like `template.containers[0].image`; undefined where there is nothing. */
export function at(value: Value | undefined, path: string): Value | undefined {
  let current = value;
  for (const key of path.split(/[.[\]]+/).filter((part) => part !== "")) {
    if (typeof current !== "object" || current === null) return undefined;
    current = new Map(Object.entries(current)).get(key);
  }
  return current;
}

/** Every text in a value, however deep. */
export function textsIn(value: Value | undefined): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap((item) => textsIn(item ?? undefined));
}

/** The plain variables of a service on Cloud Run. */
export function variablesOf(service: RecordedResource): ReadonlyMap<string, string> {
  const envs = at(service.inputs, "template.containers[0].envs");
  const entries = Object.values(typeof envs === "object" && envs !== null ? envs : {});
  return new Map(entries.map((env) => [at(env, "name"), at(env, "value")]).flatMap(asPair));
}

function asPair([name, value]: (Value | undefined)[]): [string, string][] {
  return typeof name === "string" && typeof value === "string" ? [[name, value]] : [];
}
