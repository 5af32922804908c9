import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { COMPILE_CACHE } from "../../../services/local/compile-cache.ts";

/** Runs a load generator, a program in `programs/`, in its own process, and returns what it printed. */
export async function runLoad(program: string, settings: object): Promise<unknown> {
  const file = path.join(import.meta.dirname, "../programs", program);
  const { stdout } = await promisify(execFile)(process.execPath, [file, JSON.stringify(settings)], {
    env: { PATH: process.env["PATH"], ...COMPILE_CACHE, METADATA_SERVER_DETECTION: "none" },
  });
  return JSON.parse(stdout);
}
