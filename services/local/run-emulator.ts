import { parseArgs } from "node:util";
import { ConfigError } from "../../shared/config.ts";
import { type Logger, createLogger } from "../../shared/log.ts";
import { type RunningProgram, runProgram } from "../../shared/run-program.ts";
import { BrokenJournalError } from "./journal.ts";

/** How an emulator is started as a program of its own. */
export interface EmulatorStart {
  readonly host: string;
  readonly port: number;
  /** Where to keep the state; without it, the state is gone with the process. */
  readonly dataDir?: string;
  /** Forget what was kept. */
  readonly fresh?: boolean;
  readonly log: Logger;
}

/** What stood behind the options of an emulator's own, by their names. */
export type OwnOptions = Readonly<Record<string, string | boolean | undefined>>;

/** Runs an emulator as a program until SIGTERM or SIGINT; `--data DIR` and `--fresh` as in `EmulatorStart`. */
export async function runEmulator(emulator: {
  readonly service: string;
  /** The variable that holds the address. */
  readonly hostVariable: string;
  readonly readSettings: () => { readonly address: { host: string; port: number }; readonly level: string };
  /** Options of its own on the command line, each with a value. */
  readonly ownOptions?: Readonly<Record<string, { readonly type: "string" }>>;
  readonly start: (
    options: EmulatorStart,
    own: OwnOptions,
  ) => Promise<RunningProgram & { readonly host: string; readonly port: number }>;
}): Promise<void> {
  const { service, hostVariable, readSettings } = emulator;
  await runProgram({
    portVariable: hostVariable,
    async start() {
      const { values } = parseArgs({
        options: { ...emulator.ownOptions, data: { type: "string" }, fresh: { type: "boolean", default: false } },
      });
      const { address, level } = readSettings();
      const log = createLogger({ service, level });
      const kept = values.data === undefined ? {} : { dataDir: values.data, fresh: values.fresh };
      const running = await explainBrokenJournal(() => emulator.start({ ...address, ...kept, log }, values));
      log.info({ host: running.host, port: running.port, dataDir: values.data }, "listening");
      return running;
    },
  });
}

/** A broken journal is mended by a person, who needs the sentence and not the stack. */
async function explainBrokenJournal<Running>(start: () => Promise<Running>): Promise<Running> {
  try {
    return await start();
  } catch (error) {
    throw error instanceof BrokenJournalError ? new ConfigError(error.message, { cause: error }) : error;
  }
}
