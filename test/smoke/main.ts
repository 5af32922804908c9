import { parseArgs } from "node:util";
import { ConfigError } from "../../shared/runtime/config-error.ts";
import { explainFailure } from "../../shared/runtime/program.ts";
import { CANARIES } from "../../shared/tasks/canary.ts";
import { registry } from "../../shared/tasks/index.ts";
import { callerOf } from "./caller.ts";
import type { DatabaseAddress } from "../../packages/client/src/cli/doctor/database-kind.ts";
import { explain, sendCanary } from "./send-canary.ts";

const USAGE = `npm run smoke [-- OPTIONS]

Sends a canary of each kind through a running stack and waits until it is done. Without --url a stack of its own is
started on this machine, and stopped afterwards.

  --url URL            the producer, for example the stack's output producerUrl
  --timeout SECONDS    how long each canary may take; default 60
  --project PROJECT    the stack's project
  --database DATABASE  its database, the stack's output database. It must be in Native mode, of the Standard edition, and
                       with pessimistic concurrency. Asked for with the default credentials
  --location LOCATION  where the database must be, the stack's output databaseLocation; default: anywhere

A producer on Cloud Run is called with an identity token: SMOKE_ID_TOKEN, or one of the default credentials.
`;

const MAX_TIMEOUT_S = 3_600;

interface Options {
  readonly url: string | undefined;
  readonly timeoutMs: number;
  readonly address: DatabaseAddress | undefined;
}

/** Undefined when only the usage was requested. */
function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      url: { type: "string" },
      timeout: { type: "string", default: "60" },
      project: { type: "string" },
      database: { type: "string" },
      location: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help) return undefined;
  const seconds = /^\d+(?:\.\d+)?$/.test(values.timeout) ? Number(values.timeout) : 0;
  if (!(seconds > 0 && seconds <= MAX_TIMEOUT_S)) {
    throw new ConfigError(`--timeout must be a number of seconds above 0, at most ${MAX_TIMEOUT_S}, in digits.`);
  }
  if (values.url !== undefined && !/^https?:\/\//.test(values.url)) {
    throw new ConfigError("--url must be an http or https URL, for example the stack's output producerUrl.");
  }
  const { project, database, location } = values;
  if ((project === undefined) !== (database === undefined) || (location !== undefined && database === undefined)) {
    throw new ConfigError("--project and --database belong together, and --location needs both.");
  }
  const address = project === undefined || database === undefined ? undefined : { project, database, location };
  return { url: values.url?.replace(/\/$/, ""), timeoutMs: seconds * 1_000, address };
}

/** @throws ConfigError with a sentence on each thing about the database that Handoff can't work with. */
async function checkDatabase(url: string, address: DatabaseAddress | undefined): Promise<void> {
  if (address) {
    const { databaseProblems } = await import("../../packages/client/src/cli/doctor/database-kind.ts");
    const problems = await databaseProblems(address);
    if (problems.length > 0) throw new ConfigError(problems.join("\n"));
    return print(`database ${address.database}: Native mode, Standard edition, pessimistic concurrency`);
  }
  if (url.startsWith("https://")) {
    throw new ConfigError(
      "Name the stack's database, so that its kind can be checked:\n" +
        '  --project PROJECT --database "$(pulumi stack output database)"',
    );
  }
  print("database: not checked, since the emulator has no Firestore Admin API");
}

/** Sends all canaries at once; returns whether all were done. */
async function smoke(url: string, { timeoutMs, address }: Pick<Options, "timeoutMs" | "address">): Promise<boolean> {
  const call = await callerOf(url, process.env["SMOKE_ID_TOKEN"]);
  await checkDatabase(url, address);
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
    process.exitCode = (await smoke(options.url, options)) ? 0 : 1;
  } else {
    // A stack of its own takes most of the time that there is to load.
    const { startLocalStack } = await import("./local-stack.ts");
    const stack = await startLocalStack(registry);
    try {
      // Ctrl-C ends the wait, not the clean-up.
      const done = await Promise.race([smoke(stack.url, options), whenInterrupted()]);
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
