import type { RecordedResource } from "../../../infra/preview/recorded-resource.ts";
import type { ProgramRun } from "../../../infra/preview/run-program.ts";
import { type StackConfig, readExample } from "../../../infra/preview/stacks.ts";
import { type Value, textOf } from "../../../infra/preview/wire-values.ts";
import { configurable } from "../../../infra/settings/task-settings.ts";
import type { Registry } from "../../../shared/contract/registry.ts";
import { registry } from "../../../shared/tasks/index.ts";
import { PROJECT_DIR } from "../../../tools/project-dir.ts";
import { FIXTURE, WIDER_FIXTURE } from "./fixture-registry.ts";
import { runRecorded } from "./host/ask-host.ts";

export type Graph = readonly RecordedResource[];
export type StackKind = "dev" | "production";

/** Runs the deployed program with one of the example configurations; `change` overrides some of its keys. */
export function runRegistered(
  kind: StackKind,
  mode: "preview" | "update",
  change: Readonly<Record<string, string>> = {},
): Promise<ProgramRun> {
  const example = exampleFor(kind, registry);
  return runRecorded({ stack: kind, mode, ...example, config: { ...example.config, ...change } });
}

const FIXTURES = { FIXTURE, WIDER_FIXTURE };

/** Runs the program with a registry of ours, so that its graph doesn't depend on the real one. */
export function runFixture(
  kind: StackKind,
  mode: "preview" | "update",
  change: Readonly<Record<string, string>> = {},
  name: keyof typeof FIXTURES = "FIXTURE",
): Promise<ProgramRun> {
  const example = readExample(kind, FIXTURES[name].settings);
  const source = programOfFixture(name);
  return runRecorded({ stack: kind, mode, ...example, config: { ...example.config, ...change }, source });
}

/** The source of a program that provisions one of our registries. `retries` says how, in its own source. */
export function programOfFixture(name: keyof typeof FIXTURES, retries = "{}"): string {
  return `
    import { provision } from "${PROJECT_DIR}/infra/stack.ts";
    import { ${name} } from "${PROJECT_DIR}/test/infra/support/fixture-registry.ts";
    export default await provision(${name}, ${retries});`;
}

/** What stands in for the built-in types that the production example names, in a registry without them. */
const WITHOUT_BUILT_INS = {
  "handoff:callerTypes": JSON.stringify({ "shop@my-project-123.iam.gserviceaccount.com": ["canary.*"] }),
};

/**
 * An example's configuration plus whatever a registry needs besides: the required settings, enough instances for its
 * queues and room for them, and types that it has.
 */
export function exampleFor(kind: StackKind, { settings, queues, types, schedules }: Registry): StackConfig {
  const example = readExample(kind, settings);
  const given = [...configurable(settings)].flatMap(([key, name]) => {
    const local = settings.get(name)?.local;
    return local === undefined || settings.get(name)?.generated ? [] : [[`handoff:${key}`, local] as const];
  });
  const sent = [...queues.values()].reduce((sum, queue) => sum + queue.maxConcurrentDispatches, 0);
  const own = Number(example.config["handoff:workerMaxInstances"]);
  const instances = Math.max(own, Math.ceil(sent / CONCURRENCY));
  const isNamingOthers = kind === "production" && !types.has("webhook.deliver");
  const off = kind === "dev" ? ["hourly-canary"].filter((name) => schedules.has(name)) : [];
  const config = {
    ...Object.fromEntries(given),
    ...(kind === "dev" ? { "handoff:schedulesOff": JSON.stringify(off) } : {}),
    ...(isNamingOthers ? WITHOUT_BUILT_INS : {}),
    "handoff:workerMaxInstances": String(instances),
    // Whoever needs more instances than the example has raised the region's quota for them.
    ...(instances > own ? { "handoff:regionCpus": "1000", "handoff:regionMemoryGib": "2000" } : {}),
  };
  return { ...example, config: { ...example.config, ...config } };
}

/** Deliveries that an instance accepts at once unless the configuration says otherwise. */
const CONCURRENCY = 40;

export function ofType(graph: Graph, ...types: readonly string[]): RecordedResource[] {
  return graph.filter(({ type }) => types.includes(type));
}

/** The one resource of this type and name. */
export function the(graph: Graph, type: string, name: string): RecordedResource {
  const [found, ...more] = ofType(graph, type).filter((resource) => resource.name === name);
  if (!found || more.length > 0) throw new Error(`There must be one ${type} called ${name}.`);
  return found;
}

/** The address of one of Handoff's own accounts, by the end of its name. */
export function emailOf(account: string, graph: Graph): string {
  const found = ofType(graph, "gcp:serviceaccount/account:Account").find(({ name }) => name.endsWith(`-${account}`));
  return `${textOf(found?.inputs["accountId"])}@my-project-123.iam.gserviceaccount.com`;
}

/** The value at a path like `template.containers[0].image`; undefined if there is none. */
export function at(value: Value | undefined, path: string): Value | undefined {
  let current = value;
  for (const key of path.split(/[.[\]]+/).filter((part) => part !== "")) {
    if (typeof current !== "object" || current === null) return undefined;
    current = new Map(Object.entries(current)).get(key);
  }
  return current;
}

/** Every string in a value, at any depth. */
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
