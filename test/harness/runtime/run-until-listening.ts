import { spawn } from "node:child_process";
import { COMPILE_CACHE } from "../../../services/local/compile-cache.ts";

/** A program's output until it was listening or ended by itself. */
export interface ListeningRun {
  readonly text: string;
  /** Null if it was listening and then killed. */
  readonly code: number | null;
}

/**
 * Runs one of our programs until it logs that it is listening.
 *
 * @param args Node's arguments: the program, with options before and after it.
 * @param env its whole environment, except for Node's compile cache.
 */
export function runUntilListening(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<ListeningRun> {
  const child = spawn(process.execPath, args, { env: { ...COMPILE_CACHE, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (more: string) => {
      text += more;
      if (text.includes('"message":"listening"')) child.kill("SIGKILL");
    });
  }
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ text, code }));
  });
}
