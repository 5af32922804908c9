import { spawn } from "node:child_process";
import fs from "node:fs";

const STDOUT = 1;

/**
 * Ends this process as soon as nobody reads its output any more, if that is a pipe. Node notices only when it writes
 * the next line (https://nodejs.org/api/process.html#a-note-on-process-io), which can take hours. GNU's tail notices at
 * once while it follows a file, so one watches the same pipe. Where there is another tail or none, nothing changes.
 */
export function endWithReader(): void {
  if (!fs.fstatSync(STDOUT).isFIFO()) return;
  const tail = spawn("tail", ["-f", `--pid=${process.pid}`, "/dev/null"], { stdio: ["ignore", STDOUT, "ignore"] });
  tail.on("error", () => {});
  tail.once("exit", (_, signal) => {
    if (signal === "SIGPIPE") process.exit(0);
  });
  tail.unref();
  process.once("exit", () => tail.kill());
}
