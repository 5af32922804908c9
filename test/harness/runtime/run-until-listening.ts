import { spawn } from "node:child_process";

/** What a program wrote until it listened, or ended by itself. */
export interface ListeningRun {
  readonly text: string;
  /** Null when it listened, and was killed for it. */
  readonly code: number | null;
}

/**
 * Runs one of our programs until it logs that it listens.
 *
 * @param args Node's arguments: the program, and what stands before and after it.
 * @param env all of its environment.
 */
export function runUntilListening(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<ListeningRun> {
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe"] });
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
