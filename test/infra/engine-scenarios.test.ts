import { expect, onTestFinished, test } from "vitest";
import { OfflineCloud } from "../../infra/preview/cloud/offline-cloud.ts";
import type { ProvidedResource } from "../../infra/preview/recorded-resource.ts";
import { runProgramOffline } from "../../infra/preview/run-program.ts";
import { ENGINE_SCENARIOS, type EngineRun, PROGRAM, comparable, isQueue, stepOf } from "./support/engine-scenarios.ts";
import { sharedHost } from "./support/host/shared-host.ts";
import { makeProgram } from "./support/program.ts";

/** Counts the attempts to make or to change the queue. */
function counting({ faults = {} }: EngineRun) {
  let attempts = 0;
  const counted = (fails: typeof faults.failCreate) => (resource: ProvidedResource, attempt: number) => {
    if (isQueue(resource.urn)) attempts += 1;
    return fails?.(resource, attempt);
  };
  return {
    faults: { ...faults, failCreate: counted(faults.failCreate), failUpdate: counted(faults.failUpdate) },
    attempts: () => attempts,
  };
}

test.each(ENGINE_SCENARIOS)("on the offline engine: $title", async ({ runs }) => {
  const cloud = new OfflineCloud();
  const { program, remove } = await makeProgram(PROGRAM);
  onTestFinished(remove);
  for (const run of runs) {
    const { mode, config = {} } = run;
    const { faults, attempts } = counting(run);
    const named = Object.fromEntries(Object.entries(config).map(([key, value]) => [`handoff:${key}`, value]));
    const ended = await runProgramOffline({ stack: "dev", mode, config: named, program, cloud, ...faults }, sharedHost);

    const steps = ended.steps.flatMap((step) => stepOf(step) ?? []);
    const came = {
      ...run,
      succeeds: ended.succeeded,
      steps,
      ...(run.attempts === undefined ? {} : { attempts: attempts() }),
    };
    expect(comparable(came)).toEqual(comparable(run));
    expect(ended.output).toContain(run.says ?? "");
  }
});
