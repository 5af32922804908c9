import { expect, test } from "vitest";
import { countByType } from "../../../infra/preview/print-graph.ts";
import { runRegistered } from "../../infra/support/graph.ts";
import { standInStack } from "../engine/stand-in-stack.ts";

test.each(["dev", "production"] as const)("%s", async (kind) => {
  const { stack } = await standInStack(kind);
  const up = await stack.up();
  console.log(up.output.slice(-3000), up.steps.length);
  const preview = await stack.preview();
  console.log(preview.output.slice(-1500), preview.steps);
  expect(up.succeeded).toBe(true);
});
