import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import * as pulumi from "@pulumi/pulumi";
import {
  type Host,
  PROJECT_NAME,
  type ProgramRun,
  configOf,
  runProgramOffline,
} from "../../../../infra/preview/run-program.ts";
import { PROJECT_DIR } from "../../../../tools/project-dir.ts";
import { makeProgram } from "../program.ts";
import type { HostedEnd, HostedRun, RecordedRun } from "./protocol.ts";

/** Runs a program in this process, against an engine in it, too. */
export async function recordProgram({ source, ...options }: RecordedRun): Promise<ProgramRun> {
  if (source === undefined) return await runProgramOffline(options, inThisProcess);
  const { program, remove } = await makeProgram(source);
  try {
    return await runProgramOffline({ ...options, program }, inThisProcess);
  } finally {
    await remove();
  }
}

const inThisProcess: Host = async (address, options) => {
  const { stack, mode, secretKeys = [], program = PROJECT_DIR } = options;
  const { error } = await runHosted({
    stack,
    address,
    isPreview: mode === "preview",
    config: configOf(options),
    secretKeys,
    program,
  });
  return { succeeded: error === undefined, output: error ?? "" };
};

/** Errors of the program's own promises. Pulumi's own host reports them, too. */
const uncaught = new Set<unknown>();
process.on("uncaughtException", (error) => uncaught.add(error));

let runs = 0;

/**
 * Loads the program's module anew, under an address of its own. What it imports stays loaded. Each program gets a runtime
 * of its own, as an inline program of Pulumi's Automation API does.
 */
export async function runHosted(run: HostedRun): Promise<HostedEnd> {
  runs++;
  uncaught.clear();
  const main = createRequire(import.meta.url).resolve(run.program);
  const { stack, address, isPreview } = run;
  pulumi.runtime.resetOptions(PROJECT_NAME, stack, PARALLEL, address, address, isPreview, "");
  pulumi.runtime.setAllConfig({ ...run.config }, [...run.secretKeys]);
  try {
    await pulumi.runtime.runInPulumiStack(async () => {
      const module: object = await import(`${pathToFileURL(main).href}?run=${runs}`);
      // A default export stands for all outputs.
      return "default" in module ? module.default : { ...module };
    });
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
