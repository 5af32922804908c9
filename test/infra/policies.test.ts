import { beforeAll, describe, expect, test } from "vitest";
import type { Registry } from "../../shared/contract/registry.ts";
import { registry } from "../../shared/tasks/index.ts";
import { FIXTURE } from "./support/fixture-registry.ts";
import { type Graph, type StackKind, runFixture, runRegistered } from "./support/graph.ts";
import { POLICIES } from "./support/policies.ts";
import { BREAKS, changed } from "./support/policy-breaks.ts";

type Program = "the fixture" | "the registry";

const REGISTRIES: Readonly<Record<Program, Registry>> = { "the fixture": FIXTURE, "the registry": registry };

const graphs = new Map<string, Graph>();

/** Four runs of the program. */
const RUNS_TIMEOUT_MS = 300_000;

beforeAll(async () => {
  for (const kind of ["dev", "production"] as const) {
    for (const [program, run] of [
      ["the fixture", await runFixture(kind, "update")],
      ["the registry", await runRegistered(kind, "update")],
    ] as const) {
      if (!run.succeeded) throw new Error(run.output);
      graphs.set(`${kind} ${program}`, run.resources);
    }
  }
}, RUNS_TIMEOUT_MS);

function graphOf(kind: StackKind, program: Program = "the fixture"): Graph {
  const graph = graphs.get(`${kind} ${program}`);
  if (!graph) throw new Error("The program did not run.");
  return graph;
}

describe.each([
  ["dev", "the fixture"],
  ["production", "the fixture"],
  ["dev", "the registry"],
  ["production", "the registry"],
] as const)("%s settings, with %s,", (kind, program) => {
  test.each(Object.keys(POLICIES))("keep: %s", (name) => {
    const graph = graphOf(kind, program);
    expect(graph.length).toBeGreaterThan(50);
    expect(POLICIES[name]?.(graph, kind, REGISTRIES[program])).toEqual([]);
  });
});

test.each(BREAKS)("reports a broken policy: %s (%s)", (name, which, change, word) => {
  const violations = POLICIES[name]?.(changed(graphOf("production"), which, change), "production", FIXTURE) ?? [];
  expect(violations.join("\n")).toContain(word);
});

test("every policy has a change that breaks it", () => {
  expect(new Set(BREAKS.map(([name]) => name))).toEqual(new Set(Object.keys(POLICIES)));
});

test("protected state in a dev stack is reported", () => {
  const graph = changed(graphOf("dev"), ["Database", /records/], () => ({ protect: true }));
  expect(POLICIES["state is protected in production, and only there"]?.(graph, "dev", FIXTURE)).toEqual([
    "records (gcp:firestore/database:Database)",
  ]);
});
