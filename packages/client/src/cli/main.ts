import { enableCompileCache } from "node:module";

// This must be the first import: Node then caches compiled code, which halves the time of later starts
// (https://nodejs.org/api/module.html#module-compile-cache).
enableCompileCache();
const { EXIT, UnreadError } = await import("./exit.ts");
const { runCommandLine } = await import("./command-line.ts");
const { systemClock } = await import("../../../../shared/runtime/clock.ts");

const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupted.abort());
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // The reader may stop early, as `head` does.
  if (error.code === "EPIPE") interrupted.abort(new UnreadError());
  else {
    process.stderr.write(`The output can't be written: ${error.message}. What was to be done may be done.\n`);
    process.exit(EXIT.refused);
  }
});
// If nothing reads stderr any more, the command continues.
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
