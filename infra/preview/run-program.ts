import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";
import { PROJECT_DIR } from "./project-dir.ts";
import { type EngineOptions, OfflineEngine, type Recording } from "./engine.ts";

/** Loading Pulumi's packages is most of the work, and the same each time. */
const COMPILE_CACHE = path.join(PROJECT_DIR, "node_modules/.cache/preview");

/** Nothing has to settle here, so nothing waits. */
const WITHOUT_WAITS = { "handoff:grantSettleSeconds": "0" };

/**
 * The program takes a second or two. If it takes longer than this, it is waiting for something that will never happen.
 */
const MAX_RUN_MS = 120_000;
const MAX_OUTPUT_CHARACTERS = 100_000;

/** As Pulumi.yaml has it. */
export const PROJECT_NAME = "handoff";

export interface ProgramRun extends Recording {
  readonly succeeded: boolean;
  /** The program's output, including errors. */
  readonly output: string;
}

/** How to run a program, whatever runs it. */
export interface RunOptions extends EngineOptions {
  /** The stack's configuration, by full keys (`handoff:region`). */
  readonly config: Readonly<Record<string, string>>;
  readonly secretKeys?: readonly string[];
  /** The folder with the program's package.json; default: this project. */
  readonly program?: string;
}

/** Runs a program against the engine at `address` (host:port), and says how it ended and what it printed. */
export type Host = (
  address: string,
  options: RunOptions,
) => Promise<{ readonly succeeded: boolean; readonly output: string }>;

/** The configuration that a program sees. */
export function configOf({ config }: Pick<RunOptions, "config">): Readonly<Record<string, string>> {
  return { ...WITHOUT_WAITS, ...config };
}

/**
 * Runs a Pulumi program against an engine that only records.
 *
 * @param host default: a process of the program's own, started as Pulumi's own language host is.
 */
export async function runProgramOffline(options: RunOptions, host: Host = runInNewProcess): Promise<ProgramRun> {
  const engine = new OfflineEngine(options);
  const address = await engine.start();
  try {
    const { succeeded, output } = await host(address, options);
    const { recording } = engine;
    return { ...recording, succeeded, output: [...recording.errors, output].join("\n").trim() };
  } finally {
    engine.stop();
  }
}

function runInNewProcess(address: string, options: RunOptions): ReturnType<Host> {
  const program = options.program ?? PROJECT_DIR;
  const host = createRequire(import.meta.url).resolve("@pulumi/pulumi/cmd/run");
  const flags = ["--project", PROJECT_NAME, "--stack", options.stack, "--pwd", program, "--parallel", "16"];
  const addresses = ["--monitor", address, "--engine", address];
  const dryRun = options.mode === "preview" ? ["--dry-run"] : [];
  const child = spawn(process.execPath, [host, ...flags, ...addresses, ...dryRun, "."], {
    cwd: program,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: MAX_RUN_MS,
    killSignal: "SIGKILL",
    env: {
      PATH: path.dirname(process.execPath),
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      PULUMI_CONFIG: JSON.stringify(configOf(options)),
      PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(options.secretKeys ?? []),
      PULUMI_NODEJS_TYPESCRIPT: "false",
    },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(0, MAX_OUTPUT_CHARACTERS);
    });
  }
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exitCode, signal) => {
      const end = signal === "SIGKILL" ? `\nThe program did not end within ${MAX_RUN_MS / 1_000} s.` : "";
      resolve({ succeeded: exitCode === 0, output: `${output}${end}` });
    });
  });
}
