import { createLogger } from "../../../shared/runtime/log.ts";
import { runProgram } from "../../../shared/runtime/program.ts";

const log = createLogger({ service: "hanging" });
const never = Promise.withResolvers<never>().promise;
// Nothing else keeps it running.
setInterval(() => {}, 1_000);

/** A program whose start or whose stop never ends. */
await runProgram({
  start: async () => {
    log.info({}, "starting");
    return process.argv[2] === "start" ? await never : { log, stop: () => never };
  },
  portVariable: "PORT",
});
