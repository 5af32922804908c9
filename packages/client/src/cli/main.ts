import { enableCompileCache } from "node:module";

// This must be the first import: Node then caches compiled code, which halves the time of later starts
// (https://nodejs.org/api/module.html#module-compile-cache).
enableCompileCache();
const { runCommandLine } = await import("./command-line.ts");
const { systemClock } = await import("../../../../shared/runtime/clock.ts");

const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupted.abort());
// The reader of the output may stop early, as `head` does. If nothing reads stderr any more, the command continues.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
process.stderr.on("error", () => {});

process.exitCode = await runCommandLine(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  clock: systemClock,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: interrupted.signal,
});
