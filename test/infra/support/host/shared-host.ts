import { type Host, configOf } from "../../../../infra/preview/run-program.ts";
import { PROJECT_DIR } from "../../../../tools/project-dir.ts";
import { askHost } from "./ask-host.ts";
import { type HostedEnd, type HostedRun, HOSTED_PATH } from "./protocol.ts";

/** Runs a program in the process that all test files share, against an engine in this one: its faults are a test's own. */
export const sharedHost: Host = async (address, options) => {
  const { stack, mode, secretKeys = [], program = PROJECT_DIR } = options;
  const isPreview = mode === "preview";
  const run: HostedRun = { stack, address, isPreview, config: configOf(options), secretKeys, program };
  const { error } = await askHost<HostedEnd>(HOSTED_PATH, run);
  return { succeeded: error === undefined, output: error ?? "" };
};
