import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import * as pulumi from "@pulumi/pulumi";
import type { HostedEnd, HostedRun } from "./shared-host.ts";

/** The process behind `sharedHost`. */

/** Errors of the program's own promises. Pulumi's own host reports them, too. */
const uncaught = new Set<unknown>();
process.on("uncaughtException", (error) => uncaught.add(error));

process.on("message", (run: HostedRun) => {
  void runProgram(run).then((end) => process.send?.(end));
});

let runs = 0;

/** Loads the program's module anew, under an address of its own. What it imports stays loaded. */
async function runProgram(run: HostedRun): Promise<HostedEnd> {
  runs++;
  uncaught.clear();
  const main = createRequire(import.meta.url).resolve(run.program);
  const { project, stack, address, isPreview } = run;
  pulumi.runtime.resetOptions(project, stack, PARALLEL, address, address, isPreview, "");
  pulumi.runtime.setAllConfig({ ...run.config }, [...run.secretKeys]);
  try {
    await pulumi.runtime.runInPulumiStack(async () => ({
      ...(await import(`${pathToFileURL(main).href}?run=${runs}`)),
    }));
    await pulumi.runtime.disconnect(true);
    return endOf([...uncaught]);
  } catch (error) {
    await pulumi.runtime.disconnect();
    return endOf([error, ...uncaught]);
  }
}

const PARALLEL = 16;

function endOf(errors: readonly unknown[]): HostedEnd {
  if (errors.length === 0 && !pulumi.log.hasErrors()) return {};
  return { error: errors.map((error) => (error instanceof Error ? error.message : String(error))).join("\n") };
}
