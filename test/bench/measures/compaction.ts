import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import * as z from "zod";
import { passedOn } from "../processes/passed-on.ts";

const PROBE = path.join(import.meta.dirname, "../programs/compaction-probe.ts");
const run = promisify(execFile);
const figuresSchema = z.object({
  restartMs: z.number(),
  restartCpuMs: z.number(),
  residentMib: z.number(),
  longestPauseMs: z.number(),
  longestTurnCpuMs: z.number(),
  longestCallMs: z.number(),
});

/** A restart of an emulator with stored tasks or records, and a compaction while it is called, in a new process. */
export async function measureCompaction(emulator: "cloud-tasks" | "firestore", stored: number) {
  const { stdout } = await run(process.execPath, [PROBE, JSON.stringify({ emulator, stored })], {
    env: { ...passedOn(), METADATA_SERVER_DETECTION: "none" },
  });
  return figuresSchema.parse(JSON.parse(stdout));
}
