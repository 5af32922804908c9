import { expect, test } from "vitest";
import { countByType } from "../../../infra/preview/print-graph.ts";
import type { RecordedResource } from "../../../infra/preview/recorded-resource.ts";
import { runRegistered } from "../../infra/support/graph.ts";
import { countsOf } from "../engine/counts.ts";
import { standInStack } from "../engine/stand-in-stack.ts";
import type { Call } from "../stand-ins/stand-in.ts";

const KINDS = ["dev", "production"] as const;

test.each(KINDS)(
  "the %s example comes up as the offline preview says, and then there is nothing to change",
  async (kind) => {
    const { stack } = await standInStack(kind);
    const offline = await runRegistered(kind, "preview");

    const up = await stack.up();
    expect(up).toMatchObject({ succeeded: true });
    expect(countsOf(up.steps)).toEqual(Object.fromEntries(countByType(offline.resources)));
    expect(new Set(up.steps.map(({ op }) => op))).toEqual(new Set(["create"]));
    expect(up.output).not.toMatch(/^ +(warning|error):/m);

    expect(await stack.preview()).toMatchObject({ succeeded: true, steps: [] });
    expect(await stack.refresh()).toMatchObject({ succeeded: true, steps: [] });
    expect(await stack.preview()).toMatchObject({ succeeded: true, steps: [] });
  },
);

test("a stack without protection is taken down, each resource before what it needs", async () => {
  const { stack, standIn } = await standInStack("dev");
  await stack.up();
  standIn.calls.length = 0;

  expect(await stack.destroy()).toMatchObject({ succeeded: true });
  const { resources } = await runRegistered("dev", "preview");
  expect(deletedTooEarly(standIn.calls, resources)).toEqual([]);
  // Images are left to their repository, and what a database holds goes with it.
  const deleted = resources.filter(
    ({ type, custom, deletedWith }) => custom && deletedWith === "" && !/^(docker-build|pulumi):/.test(type),
  );
  expect(standIn.calls.map(({ urn }) => urn).toSorted()).toEqual(deleted.map(({ urn }) => urn).toSorted());
});

test("a protected stack can't be taken down, nothing of it is deleted, and without protection it can", async () => {
  const { stack, standIn } = await standInStack("production");
  await stack.up();
  standIn.calls.length = 0;

  const refused = await stack.destroy();
  expect(refused).toMatchObject({ succeeded: false, output: expect.stringContaining("protect") });
  expect(standIn.calls).toEqual([]);

  await stack.configure({ "handoff:protect": "false" });
  expect(await stack.up()).toMatchObject({ succeeded: true });
  expect(await stack.destroy()).toMatchObject({ succeeded: true });
});

test("a destroy without a preview deletes nothing that is protected, and the next update brings back the rest", async () => {
  const { stack, standIn } = await standInStack("production");
  await stack.up();
  standIn.calls.length = 0;

  expect(await stack.destroyUnseen()).toMatchObject({ succeeded: false });
  const { resources } = await runRegistered("production", "preview");
  const kept = new Set(resources.filter(({ protect }) => protect).map(({ urn }) => urn));
  expect(kept.size).toBeGreaterThan(4);
  expect(standIn.calls.filter(({ urn }) => kept.has(urn))).toEqual([]);

  expect(await stack.up()).toMatchObject({ succeeded: true });
  expect(await stack.preview()).toMatchObject({ succeeded: true, steps: [] });
});

/** What was deleted while something that depends on it was still there. */
function deletedTooEarly(calls: readonly Call[], resources: readonly RecordedResource[]): string[] {
  const order = new Map(calls.map(({ urn }, index) => [urn, index]));
  return resources.flatMap(({ urn, dependencies }) =>
    dependencies.filter((needed) => (order.get(needed) ?? Infinity) < (order.get(urn) ?? -1)),
  );
}
