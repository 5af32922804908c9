import { expect, test } from "vitest";
import { countByType } from "../../../infra/preview/print-graph.ts";
import { runRegistered } from "../../infra/support/graph.ts";
import { countsOf } from "../engine/counts.ts";
import { providerStack } from "../engine/provider-stack.ts";

const KINDS = ["dev", "production"] as const;

test.each(KINDS)("the %s example comes up at Google, and then there is nothing to change", async (kind) => {
  const { stack, google } = await providerStack(kind);
  const offline = await runRegistered(kind, "preview");

  const up = await stack.up();
  expect(up).toMatchObject({ succeeded: true });
  expect(countsOf(up.steps)).toEqual(Object.fromEntries(countByType(offline.resources)));
  expect(google.journal.filter(({ status }) => status === 501)).toEqual([]);
  // Whose token it is, is asked of an address that can't be set. Nothing depends on it.
  expect(google.strayed.filter((host) => host !== "openidconnect.googleapis.com:443")).toEqual([]);

  expect(await stack.preview()).toMatchObject({ succeeded: true, steps: [] });
  expect(await stack.refresh()).toMatchObject({ succeeded: true, steps: [] });
  expect(await stack.preview()).toMatchObject({ succeeded: true, steps: [] });
});

test("a stack without protection leaves nothing at Google but its project's APIs and keys that can't be deleted", async () => {
  const { stack, google } = await providerStack("dev");
  const before = google.world.keys;
  await stack.up();

  expect(await stack.destroy()).toMatchObject({ succeeded: true });
  const left = google.world.keys.filter((key) => !before.includes(key));
  // A role's id is kept for a while, and images were left to their repository.
  expect(left.filter((key) => !/^iam\/.+\/roles\/|^payloads\//.test(key))).toEqual([]);
});

test("a protected stack can't be taken down, and Google is asked to delete nothing", async () => {
  const { stack, google } = await providerStack("production");
  await stack.up();
  google.journal.length = 0;

  expect(await stack.destroy()).toMatchObject({ succeeded: false, output: expect.stringContaining("protect") });
  expect(google.journal.filter(({ line }) => line.startsWith("DELETE"))).toEqual([]);
});

test("one setting that changes leads to the calls that it means, and no others", async () => {
  const { stack, google } = await providerStack("dev");
  await stack.up();
  google.journal.length = 0;
  await stack.configure({ "handoff:workerMaxInstances": "7" });

  expect(await stack.up()).toMatchObject({ succeeded: true });
  const changed = google.journal.filter(({ line }) => !/^GET |:getIamPolicy$/.test(line)).map(({ line }) => line);
  const worker = "run/projects/my-project-123/locations/europe-west1/services/handoff-dev-worker";
  expect(changed).toEqual([`PATCH ${worker}`]);
});
