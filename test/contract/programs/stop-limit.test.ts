import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { expect, test } from "vitest";

const PROGRAM = path.join(import.meta.dirname, "hanging-program.ts");

test.concurrent.for(["start", "stop"])(
  "a program whose %s hangs ends with 0 before Cloud Run kills it",
  async (what, { onTestFinished }) => {
    const child = spawn(process.execPath, [PROGRAM, what], { stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    await once(child.stdout, "data");
    const askedMs = performance.now();

    child.kill("SIGTERM");
    await once(child, "exit");

    expect([child.exitCode, child.signalCode]).toEqual([0, null]);
    expect(performance.now() - askedMs).toBeLessThan(10_000);
  },
);
