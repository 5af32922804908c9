import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type Host, PROJECT_NAME, type RunOptions, configOf } from "../../../infra/preview/run-program.ts";
import { PROJECT_DIR } from "../../../tools/project-dir.ts";

/** What the process of the shared host needs to run a program. */
export interface HostedRun {
  readonly project: string;
  readonly stack: string;
  /** The engine, as host:port. */
  readonly address: string;
  readonly isPreview: boolean;
  readonly config: Readonly<Record<string, string>>;
  readonly secretKeys: readonly string[];
  /** The folder with the program's package.json. */
  readonly program: string;
}

/** How it ended: an error's message, if it failed. */
export interface HostedEnd {
  readonly error?: string;
}

const MODULE = fileURLToPath(new URL("shared-host-process.ts", import.meta.url));

let child: ChildProcess | undefined;
let previous: Promise<unknown> = Promise.resolve();

/**
 * Runs programs one after another in one process, which loads Pulumi's packages once: that takes ten times as long as a
 * program. Each program gets a runtime of its own, as an inline program of Pulumi's Automation API does. The process
 * ends with the test file.
 */
export const sharedHost: Host = (address, options) => {
  const run = previous.then(() => runNext(address, options));
  previous = run.catch(() => undefined);
  return run;
};

async function runNext(address: string, options: RunOptions): ReturnType<Host> {
  child ??= startProcess();
  const { stack, mode, secretKeys = [], program = PROJECT_DIR } = options;
  const run: HostedRun = {
    project: PROJECT_NAME,
    stack,
    address,
    isPreview: mode === "preview",
    config: configOf(options),
    secretKeys,
    program,
  };
  child.send(run);
  const { error } = await nextEnd(child);
  return { succeeded: error === undefined, output: error ?? "" };
}

function startProcess(): ChildProcess {
  const started = fork(MODULE, { stdio: ["ignore", "inherit", "inherit", "ipc"], cwd: PROJECT_DIR });
  // Neither keeps a test file from ending. The process stops when this end of the channel is gone.
  started.unref();
  started.channel?.unref();
  return started;
}

async function nextEnd(from: ChildProcess): Promise<HostedEnd> {
  const gone = new AbortController();
  const onExit = () => gone.abort(new Error("The process that runs Pulumi programs has stopped."));
  from.once("exit", onExit);
  from.channel?.ref();
  try {
    const [end]: HostedEnd[] = await once(from, "message", { signal: gone.signal });
    return end ?? {};
  } finally {
    from.off("exit", onExit);
    from.channel?.unref();
  }
}
