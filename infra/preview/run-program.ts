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
const LONGEST_RUN_MS = 60_000;
const MOST_OUTPUT_CHARACTERS = 100_000;

export interface ProgramRun extends Recording {
  readonly succeeded: boolean;
  /** The program's output, including errors. */
  readonly output: string;
}

/**
 * Runs a Pulumi program in a process of its own, as Pulumi's own language host does, against an engine that only
 * records.
 *
 * @param options.config the stack's configuration, by full keys (`handoff:region`).
 * @param options.program the folder with the program's package.json; default: this project.
 */
export async function runProgramOffline(
  options: EngineOptions & {
    readonly config: Readonly<Record<string, string>>;
    readonly secretKeys?: readonly string[];
    readonly program?: string;
  },
): Promise<ProgramRun> {
  const engine = new OfflineEngine(options);
  const address = await engine.start();
  try {
    const { exitCode, output } = await runHost(address, options);
    const { recording } = engine;
    return { ...recording, succeeded: exitCode === 0, output: [...recording.errors, output].join("\n").trim() };
  } finally {
    engine.stop();
  }
}

type RunOptions = Parameters<typeof runProgramOffline>[0];

function runHost(address: string, options: RunOptions): Promise<{ exitCode: number | null; output: string }> {
  const program = options.program ?? PROJECT_DIR;
  const host = createRequire(import.meta.url).resolve("@pulumi/pulumi/cmd/run");
  const flags = ["--project", "handoff", "--stack", options.stack, "--pwd", program, "--parallel", "16"];
  const addresses = ["--monitor", address, "--engine", address];
  const dryRun = options.mode === "preview" ? ["--dry-run"] : [];
  const child = spawn(process.execPath, [host, ...flags, ...addresses, ...dryRun, "."], {
    cwd: program,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: LONGEST_RUN_MS,
    killSignal: "SIGKILL",
    env: {
      PATH: path.dirname(process.execPath),
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      PULUMI_CONFIG: JSON.stringify({ ...WITHOUT_WAITS, ...options.config }),
      PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(options.secretKeys ?? []),
      PULUMI_NODEJS_TYPESCRIPT: "false",
    },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(0, MOST_OUTPUT_CHARACTERS);
    });
  }
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exitCode, signal) => {
      const end = signal === "SIGKILL" ? `\nThe program did not end within ${LONGEST_RUN_MS / 1_000} s.` : "";
      resolve({ exitCode, output: `${output}${end}` });
    });
  });
}
