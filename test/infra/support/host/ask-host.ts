import { inject } from "vitest";
import type { ProgramRun } from "../../../../infra/preview/run-program.ts";
import { RECORDED_PATH, type RecordedRun } from "./protocol.ts";

/** Runs a program without faults in an empty cloud, once for all test files. */
export function runRecorded(run: RecordedRun): Promise<ProgramRun> {
  return askHost<ProgramRun>(RECORDED_PATH, run);
}

/** Asks the process that runs Pulumi programs. */
export async function askHost<Result>(path: string, run: unknown): Promise<Result> {
  const response = await fetch(`${inject("programHost")}${path}`, { method: "POST", body: JSON.stringify(run) });
  if (!response.ok) throw new Error(await response.text());
  // oxlint-disable-next-line no-unsafe-type-assertion -- Our own process sends it.
  return (await response.json()) as Result;
}
