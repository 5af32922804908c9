import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const MAIN = path.resolve(import.meta.dirname, "main.ts");
const run = promisify(execFile);

test("all promises are kept in a small run with one hit of each fault", async () => {
  const { stdout } = await run(process.execPath, [MAIN, "--tasks", "120", "--hits", "1"]).catch((failed: unknown) => {
    process.stdout.write(textOf(failed));
    throw failed;
  });

  const lines = stdout.trimEnd().split("\n");
  process.stdout.write(`${lines.slice(lines.findIndex((line) => line.startsWith("seed "))).join("\n")}\n`);
  expect(lines.at(-1)).toBe("all promises were kept");
}, 240_000);

/** The run's output, from which its plan can be repeated. */
function textOf(failed: unknown): string {
  return failed instanceof Error && "stdout" in failed ? String(failed.stdout) : "";
}
