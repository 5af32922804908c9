import { spawn } from "node:child_process";
import { COMPILE_CACHE } from "../../../services/local/compile-cache.ts";

/** A program's output until it listened or ended by itself. */
export interface ListeningRun {
  readonly text: string;
  /** Null if it listened and was then killed. */
  readonly code: number | null;
}

/**
 * Runs one of our programs until it logs that it listens.
 *
 * @param args Node's arguments: the program, and whatever comes before and after it.
 * @param env its whole environment, apart from where Node keeps what it has compiled.
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
