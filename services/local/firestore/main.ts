import { parseArgs } from "node:util";
import { ConfigError } from "../../../shared/config.ts";
import { createLogger } from "../../../shared/log.ts";
import { runProgram } from "../../../shared/run-program.ts";
import { discardCommitLog } from "./commit-log.ts";
import { startFirestoreEmulator } from "./emulator.ts";

const PORT_VARIABLE = "FIRESTORE_EMULATOR_HOST";
const DEFAULT_ADDRESS = "127.0.0.1:8090";

await runProgram({
  portVariable: PORT_VARIABLE,
  async start() {
    const { values } = parseArgs({ options: { data: { type: "string" }, fresh: { type: "boolean" } } });
    const { host, port } = parseAddress(process.env[PORT_VARIABLE] ?? DEFAULT_ADDRESS);
    if (values.fresh === true && values.data !== undefined) discardCommitLog(values.data);

    const log = createLogger({ service: "firestore" });
    const emulator = await startFirestoreEmulator({
      host,
      port,
      log,
      ...(values.data === undefined ? {} : { dataDir: values.data }),
    });
    log.info({ host: emulator.host, port: emulator.port, dataDir: values.data }, "listening");
    return emulator;
  },
});

/** The host and port in `host:port`; an IPv6 host stands in brackets. */
function parseAddress(address: string): { host: string; port: number } {
  const parts = /^(?:\[(?<bracketed>[^\]]+)\]|(?<plain>[^:]+)):(?<port>\d{1,5})$/.exec(address)?.groups;
  const host = parts?.["bracketed"] ?? parts?.["plain"];
  if (!parts || host === undefined) {
    throw new ConfigError(`${PORT_VARIABLE} must be host:port, such as ${DEFAULT_ADDRESS}, but is "${address}".`);
  }
  return { host, port: Number(parts["port"]) };
}
