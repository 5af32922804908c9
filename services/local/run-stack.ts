import { once } from "node:events";
import path from "node:path";
import { parseArgs } from "node:util";
import { readConfig } from "../../shared/runtime/config.ts";
import { ConfigError } from "../../shared/runtime/config-error.ts";
import { explainFailure } from "../../shared/runtime/program.ts";
import type { Registry } from "../../shared/contract/registry.ts";
import { createPrinter } from "./printer.ts";
import { type StackSettings, addressOf, localRegistry, startVariables } from "./settings.ts";
import { startStack } from "./stack.ts";

/** A Ctrl-C arrives twice: from the terminal, and again from npm, which forwards it. */
const SAME_SIGNAL_MS = 300;

type Print = (line: string) => void;

/** What `npm start` is given. */
export interface Given {
  readonly registry: Registry;
  /** The command line's options. */
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
}

/** Runs the stack until a signal or the end of an emulator stops it, and ends the process. */
export async function runStack(given: Given): Promise<never> {
  const { print, flush } = createPrinter((text) => void process.stdout.write(text));
  process.once("exit", flush);
  try {
    await start(readSettings(given), print);
    print("stopped");
  } catch (error) {
    process.stderr.write(`${explainFailure(error)}\n`);
    process.exitCode = 1;
  }
  process.exit();
}

function readSettings({ registry, args, environment }: Given): StackSettings {
  const { values } = parseArgs({
    args: [...args],
    options: {
      fresh: { type: "boolean", default: false },
      data: { type: "string", default: ".local" },
      firestore: { type: "string", default: "ours" },
      reload: { type: "boolean", default: false },
      "allow-host": { type: "string", multiple: true, default: [] },
    },
  });
  if (values.firestore !== "ours" && values.firestore !== "official") {
    throw new ConfigError(`--firestore must be "ours" or "official", but is "${values.firestore}".`);
  }
  const allowHost = [...values["allow-host"], environment["ALLOW_HOST"] ?? ""];
  return {
    registry: localRegistry(registry),
    variables: readConfig(startVariables, { ...environment, ALLOW_HOST: allowHost.join(",") }),
    environment,
    dataDir: path.resolve(values.data),
    fresh: values.fresh,
    reload: values.reload,
    firestore: values.firestore,
  };
}

function printWelcome({ variables }: StackSettings, print: Print): void {
  const producer = `http://127.0.0.1:${variables.PRODUCER_PORT}`;
  print(`
  console      http://127.0.0.1:${variables.CONSOLE_PORT}
  producer     ${producer}  (its API: ${producer}/docs)
  worker       http://127.0.0.1:${variables.WORKER_PORT}
  cloud tasks  ${addressOf(variables.CLOUD_TASKS_EMULATOR_HOST)}
  firestore    ${addressOf(variables.FIRESTORE_EMULATOR_HOST)}

  Try it:
  curl -i ${producer}/v1/tasks -H 'content-type: application/json' -H 'idempotency-key: first' \\
    -d '{"type":"canary.claim","payload":{"sentAt":"2026-01-01T00:00:00Z"}}'
`);
}

async function start(settings: StackSettings, print: Print): Promise<void> {
  const startedMs = performance.now();
  const asked = stopOnSignals(print);
  const stack = await startStack(settings, { print, signal: asked }).catch((error: unknown) => {
    if (asked.aborted) return undefined;
    throw error;
  });
  if (stack === undefined) return;
  printWelcome(settings, print);
  print(`ready in ${((performance.now() - startedMs) / 1000).toFixed(1)} s; Ctrl-C stops everything`);

  const why = await Promise.race([stack.broken, whenAborted(asked)]);
  if (why !== undefined) {
    print(why);
    process.exitCode = 1;
  }
  await stack.stop();
}

/** Aborts at the first signal that ends the stack, even before it is ready. The second one ends the process at once. */
function stopOnSignals(print: Print): AbortSignal {
  const asked = new AbortController();
  let askedAtMs: number | undefined;
  const onSignal = (): void => {
    if (askedAtMs !== undefined && performance.now() - askedAtMs < SAME_SIGNAL_MS) return;
    if (askedAtMs !== undefined) process.exit(1);
    askedAtMs = performance.now();
    print("stopping; work in progress may finish (Ctrl-C again stops it now)");
    asked.abort();
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);
  return asked.signal;
}

async function whenAborted(signal: AbortSignal): Promise<undefined> {
  if (!signal.aborted) await once(signal, "abort");
}
