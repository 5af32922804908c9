import { expect, test } from "vitest";
import { ENGINE_SCENARIOS, PROGRAM, comparable, isQueue, stepOf } from "../../infra/support/engine-scenarios.ts";
import { standInStack } from "../engine/stand-in-stack.ts";

test.each(ENGINE_SCENARIOS)("on Pulumi's engine: $title", async ({ runs }) => {
  const { stack, standIn } = await standInStack("dev", { source: PROGRAM, config: {} });
  for (const run of runs) {
    await stack.setConfig(
      Object.fromEntries(Object.entries(run.config ?? {}).map(([key, value]) => [`handoff:${key}`, value])),
    );
    standIn.faults = run.faults ?? {};
    standIn.calls.length = 0;
    const ended = await (run.mode === "preview" ? stack.preview() : stack.up());

    const steps = ended.steps.flatMap((step) => stepOf(step) ?? []);
    const attempts =
      run.attempts === undefined ? {} : { attempts: standIn.calls.filter(({ urn }) => isQueue(urn)).length };
    expect(comparable({ ...run, succeeds: ended.succeeded, steps, ...attempts })).toEqual(comparable(run));
    expect(ended.output).toContain(run.says ?? "");
  }
});
