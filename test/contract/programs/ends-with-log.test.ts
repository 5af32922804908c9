import { spawn } from "node:child_process";
import path from "node:path";
import { expect, test } from "vitest";
import { COMPILE_CACHE } from "../../../services/local/compile-cache.ts";

const PROGRAM = path.join(import.meta.dirname, "logging-program.ts");

/** Runs the program, and returns the numbers of its lines and how it ended. */
async function run(
  lines: number,
  end: string,
): Promise<{ numbers: number[]; code: number | null; signal: string | null }> {
  const child = spawn(process.execPath, [PROGRAM, String(lines), end], {
    env: { ...process.env, ...COMPILE_CACHE },
    stdio: ["ignore", "pipe", "ignore"],
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (piece: string) => (text += piece));
  const ended = await new Promise<{ code: number | null; signal: string | null }>((resolve) =>
    child.once("close", (code, signal) => resolve({ code, signal })),
  );
  return {
    numbers: text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).line),
    ...ended,
  };
}

test.for<[end: string, code: number | null, signal: string | null]>([
  ["nothing left to do", 0, null],
  ["exit", 0, null],
  ["exception", 1, null],
  ["rejection", 1, null],
  ["SIGTERM", null, "SIGTERM"],
  ["SIGINT", null, "SIGINT"],
  ["SIGHUP", null, "SIGHUP"],
  ["SIGQUIT", null, "SIGQUIT"],
  ["SIGKILL", null, "SIGKILL"],
])("a program that ends by %s loses no line of its log", async ([end, code, signal]) => {
  // A few that wait for each other, and more than are written at once.
  for (const lines of [3, 200]) {
    const ended = await run(lines, end);
    expect(ended).toEqual({ numbers: Array.from({ length: lines }, (_, index) => index + 1), code, signal });
  }
});
