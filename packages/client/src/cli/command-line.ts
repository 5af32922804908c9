import { Command, CommanderError } from "commander";
import { addCancel } from "./commands/cancel.ts";
import { addDead } from "./commands/dead.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addEnqueue } from "./commands/enqueue.ts";
import { addNew } from "./commands/new.ts";
import { addQueues } from "./commands/queues.ts";
import { addRun } from "./commands/run.ts";
import { addSchedules } from "./commands/schedules.ts";
import { addStatus } from "./commands/status.ts";
import { addTypes } from "./commands/types.ts";
import { EXIT, RefusedError, UnreadError, endingOf } from "./exit.ts";
import type { Surroundings } from "./surroundings.ts";

const ABOUT = `Background work for services on Google Cloud: enqueues, shows and controls tasks.

On a terminal, results are text; in a pipe, a line of JSON each. Exit codes: 0 done, 1 refused, 2 wrong usage, 3 no response.`;

/** In columns: longer lines are hard to read. */
const WIDEST_HELP = 100;

/**
 * Runs one command.
 *
 * @param args the arguments after the program's name.
 * @returns the exit code.
 */
export async function runCommandLine(args: readonly string[], surroundings: Surroundings): Promise<number> {
  try {
    await createProgram(surroundings).parseAsync(args, { from: "user" });
    return EXIT.done;
  } catch (error) {
    // Commander has already said what is wrong and how to get help.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    const { signal } = surroundings;
    const isUnread = signal.reason instanceof UnreadError;
    if (isUnread && !(error instanceof RefusedError)) return EXIT.done;
    if (signal.aborted && !isUnread) return EXIT.interrupted;
    const { exitCode, message } = endingOf(error);
    surroundings.stderr.write(`${message}\n`);
    return exitCode;
  }
}

/** All commands, with their help. */
export function createProgram(surroundings: Surroundings): Command {
  const { stdout, stderr, env } = surroundings;
  const program = new Command("handoff")
    .description(ABOUT)
    .option("--url <url>", "where the producer is; default: HANDOFF_URL, or http://127.0.0.1:8080")
    .option("--impersonate <account>", "call as this service account; default: your own account")
    .option("--json", "print JSON on a terminal, too")
    .configureHelp({
      showGlobalOptions: true,
      helpWidth: Math.min(stdout.columns || WIDEST_HELP, WIDEST_HELP),
      minWidthToWrap: 20,
    })
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      getOutHasColors: () => stdout.isTTY === true && !env["NO_COLOR"],
      getErrHasColors: () => stderr.isTTY === true && !env["NO_COLOR"],
    })
    .showHelpAfterError("Ask with --help what there is.")
    .exitOverride();
  for (const add of [
    addEnqueue,
    addStatus,
    addCancel,
    addRun,
    addDead,
    addQueues,
    addSchedules,
    addTypes,
    addNew,
    addDoctor,
  ]) {
    add(program, surroundings);
  }
  return program;
}
