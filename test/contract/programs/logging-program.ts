import { createLogger } from "../../../shared/runtime/log.ts";

/** Writes so many lines to its log, all at once, and ends in the way that it is told. */
const [lines = "", end = ""] = process.argv.slice(2);
const log = createLogger({ service: "test" });
for (let line = 1; line <= Number(lines); line++) log.info({ line }, "one of many");

if (end === "exit") process.exit();
else if (end === "exception") throw new Error("Nobody catches this.");
else if (end === "rejection") void Promise.reject(new Error("Nobody handles this."));
// Timers fire in the order of their times: what may wait for some milliseconds has been written by then.
else if (end === "SIGKILL") setTimeout(() => process.kill(process.pid, end), 50);
else if (end !== "nothing left to do") {
  process.kill(process.pid, end);
  // Until the signal arrives.
  setTimeout(() => undefined, 60_000);
}
