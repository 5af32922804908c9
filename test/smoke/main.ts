import { parseArgs } from "node:util";
import { ConfigError } from "../../shared/runtime/config-error.ts";
import { explainFailure } from "../../shared/runtime/program.ts";
import { CANARIES } from "../../shared/tasks/canary.ts";
import { registry } from "../../shared/tasks/index.ts";
import { callerOf } from "./caller.ts";
import { explain, sendCanary } from "./send-canary.ts";
import { startLocalStack } from "./local-stack.ts";

const USAGE = `npm run smoke [-- OPTIONS]

Sends a canary of each kind through a running stack and waits until it is done. Without --url a stack of its own is
started on this machine, and stopped afterwards.

  --url URL            the producer, for example the stack's output producerUrl
  --timeout SECONDS    how long each canary may take; default 60

A producer on Cloud Run is called with an identity token: SMOKE_ID_TOKEN, or one of the default credentials.
`;

const LONGEST_TIMEOUT_S = 3_600;

interface Options {
  readonly url: string | undefined;
  readonly timeoutMs: number;
}

/** Undefined when only the usage was requested. */
function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: { url: { type: "string" }, timeout: { type: "string", default: "60" }, help: { type: "boolean" } },
  });
  if (values.help) return undefined;
  const seconds = Number(values.timeout);
  if (!(seconds > 0 && seconds <= LONGEST_TIMEOUT_S)) {
    throw new ConfigError(`--timeout must be a number of seconds above 0, at most ${LONGEST_TIMEOUT_S}.`);
  }
  if (values.url !== undefined && !/^https?:\/\//.test(values.url)) {
    throw new ConfigError("--url must be an http or https URL, for example the stack's output producerUrl.");
  }
  return { url: values.url?.replace(/\/$/, ""), timeoutMs: seconds * 1_000 };
}

/** Sends all canaries at once; returns whether all were done. */
async function smoke(url: string, timeoutMs: number): Promise<boolean> {
  const call = await callerOf(url, process.env["SMOKE_ID_TOKEN"]);
  print(`${CANARIES.length} canaries to ${url}`);
  const reports = await Promise.all(
    CANARIES.map(async (taskType) => {
      const report = await sendCanary(taskType, { call, timeoutMs });
      print(explain(report));
      return report;
    }),
  );
  const done = reports.filter(({ kind }) => kind === "done").length;
  print(`${done} done, ${reports.length - done} failed`);
  return done === reports.length;
}

function whenInterrupted(): Promise<false> {
  return new Promise((resolve) => {
    process.once("SIGINT", () => resolve(false));
    process.once("SIGTERM", () => resolve(false));
  });
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

try {
  const options = readOptions();
  if (!options) {
    process.stdout.write(USAGE);
  } else if (options.url !== undefined) {
    process.exitCode = (await smoke(options.url, options.timeoutMs)) ? 0 : 1;
  } else {
    const stack = await startLocalStack(registry);
    try {
      // Ctrl-C ends the wait, not the clean-up.
      const done = await Promise.race([smoke(stack.url, options.timeoutMs), whenInterrupted()]);
      process.exitCode = done ? 0 : 1;
    } finally {
      await stack.stop();
    }
    process.exit();
  }
} catch (error) {
  process.stderr.write(`${explainFailure(error)}\n`);
  process.exitCode = 1;
}
