import { parseArgs } from "node:util";
import { ConfigError } from "../../../shared/config.ts";
import { createLogger } from "../../../shared/log.ts";
import { runProgram } from "../../../shared/run-program.ts";
import { BrokenJournalError } from "../journal.ts";
import { type CloudTasksEmulator, startCloudTasksEmulator } from "./emulator.ts";
import { keepHeapSmall } from "./small-heap.ts";

const HOST_VARIABLE = "CLOUD_TASKS_EMULATOR_HOST";
const DEFAULT_ADDRESS = "127.0.0.1:8123";

/**
 * The Cloud Tasks emulator at CLOUD_TASKS_EMULATOR_HOST (default 127.0.0.1:8123), until SIGTERM or SIGINT.
 * `--data <dir>` keeps queues and tasks there, else they are gone with the process; `--fresh` forgets what was kept.
 */
await runProgram({
  portVariable: HOST_VARIABLE,
  async start() {
    keepHeapSmall();
    const { values } = parseArgs({ options: { data: { type: "string" }, fresh: { type: "boolean" } } });
    const address = parseAddress(process.env[HOST_VARIABLE] || DEFAULT_ADDRESS);
    const log = createLogger({ service: "cloud-tasks", level: process.env["LOG_LEVEL"] || "info" });
    const kept = values.data === undefined ? {} : { dataDir: values.data, fresh: values.fresh ?? false };
    const emulator = await explainBrokenJournal(() => startCloudTasksEmulator({ ...address, ...kept, log }));
    log.info({ host: emulator.host, port: emulator.port, dataDir: values.data }, "listening");
    return emulator;
  },
});

/** The host and port in `host:port`; an IPv6 host stands in brackets. */
function parseAddress(address: string): { host: string; port: number } {
  const { bracketed, plain, port } =
    /^(?:\[(?<bracketed>[^\]]+)\]|(?<plain>[^:]+)):(?<port>\d{1,5})$/.exec(address)?.groups ?? {};
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) > 65_535) {
    throw new ConfigError(`${HOST_VARIABLE} must be host:port, such as ${DEFAULT_ADDRESS}, but is "${address}".`);
  }
  return { host, port: Number(port) };
}

/** A broken journal is mended by a person, who needs the sentence and not the stack. */
async function explainBrokenJournal(start: () => Promise<CloudTasksEmulator>): Promise<CloudTasksEmulator> {
  try {
    return await start();
  } catch (error) {
    throw error instanceof BrokenJournalError ? new ConfigError(error.message, { cause: error }) : error;
  }
}
