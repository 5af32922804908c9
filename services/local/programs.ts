import { shardKeys } from "../../shared/contract/queue-shards.ts";
import path from "node:path";
import { COMPILE_CACHE } from "./compile-cache.ts";
import { USE_BUNDLED } from "./dependencies/bundled.ts";
import { isBelow, levelForCounting } from "./throughput/log-level.ts";
import { ConfigError } from "../../shared/runtime/config-error.ts";
import type { Program } from "./child.ts";
import {
  GOOGLES_FIRESTORE_LISTENS,
  findGooglesFirestore,
  googlesFirestoreCommand,
} from "../../packages/emulators/src/firestore/googles-firestore.ts";
import type { LocalThroughput } from "./throughput/throughput.ts";
import { LOCAL, PROJECT_DIR, type StackSettings, addressOf } from "./settings.ts";

/**
 * The programs of the stack, with the addresses and names that each needs to reach the others.
 *
 * @param throughput counts the programs' deliveries.
 */
export function programsOf(
  settings: StackSettings,
  throughput: Pick<LocalThroughput, "url" | "countLine">,
): Record<"firestore" | "queues" | "worker" | "producer" | "console", Program> {
  const { variables, registry } = settings;
  const queuesAddress = addressOf(variables.CLOUD_TASKS_EMULATOR_HOST);
  const emulatorArgs = ["--data", settings.dataDir, ...(settings.fresh ? ["--fresh"] : [])];
  const environment = commonEnvironment(settings);
  /** For programs that create tasks. */
  const queueVariables = {
    GOOGLE_CLOUD_LOCATION: LOCAL.location,
    CLOUD_TASKS_EMULATOR_HOST: queuesAddress,
    WORKER_URL: `http://127.0.0.1:${variables.WORKER_PORT}`,
  };
  return {
    firestore: { name: "firestore", ...firestoreCommand(settings, emulatorArgs), environment },
    queues: {
      name: "cloud-tasks",
      ...emulatorCommand("cloud-tasks", emulatorArgs),
      environment: { ...environment, CLOUD_TASKS_EMULATOR_HOST: queuesAddress },
    },
    worker: {
      name: "worker",
      ...serviceCommand("services/worker"),
      onLine: throughput.countLine,
      hides: (line) => isBelow(variables.LOG_LEVEL, line),
      environment: {
        ...registry.variables,
        ...environment,
        ...queueVariables,
        LOG_LEVEL: levelForCounting(variables.LOG_LEVEL),
        PORT: String(variables.WORKER_PORT),
        OIDC_CERTS_URL: `http://${queuesAddress}/oauth2/v1/certs`,
      },
    },
    producer: {
      name: "producer",
      ...serviceCommand("services/producer"),
      environment: {
        ...environment,
        PORT: String(variables.PRODUCER_PORT),
        ...queueVariables,
        AUTH_MODE: "local",
        THROUGHPUT_URL: throughput.url,
      },
    },
    console: {
      name: "console",
      ...serviceCommand("services/console", ["--import", JSX]),
      environment: {
        ...environment,
        PORT: String(variables.CONSOLE_PORT),
        PRODUCER_URL: `http://127.0.0.1:${variables.PRODUCER_PORT}`,
        CONSOLE_IDENTITY: "local",
        ASSETS_DIR: assetsDir(settings),
      },
    },
  };
}

/** The variables of every program. */
function commonEnvironment({ variables, registry, environment }: StackSettings): NodeJS.ProcessEnv {
  return {
    ...COMPILE_CACHE,
    ...environment,
    GOOGLE_CLOUD_PROJECT: LOCAL.project,
    QUEUES: JSON.stringify(queueNames(registry)),
    FIRESTORE_EMULATOR_HOST: addressOf(variables.FIRESTORE_EMULATOR_HOST),
    LOG_LEVEL: variables.LOG_LEVEL,
    HOST: "127.0.0.1",
    ALLOW_HOST: [...variables.ALLOW_HOST].join(","),
    WORKER_AUDIENCE: LOCAL.audience,
    INVOKER_SERVICE_ACCOUNT: LOCAL.invoker,
    // Otherwise, Google's clients would look for a metadata server, and warn that they found none.
    METADATA_SERVER_DETECTION: "none",
  };
}

/** Lets Node run the console's pages from their sources. */
const JSX = new URL("console/jsx.ts", import.meta.url).href;

/** The folder in which the console's script and style sheet are built. */
export function assetsDir({ dataDir }: Pick<StackSettings, "dataDir">): string {
  return path.join(dataDir, "console-assets");
}

/** Each queue's names in the emulator: its key and, for other shards, its key and a number. */
function queueNames({ queues }: StackSettings["registry"]): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries([...queues].map(([key, settings]) => [key, shardKeys(key, settings)]));
}

type Command = Pick<Program, "command" | "listens">;

/** A service. It loads npm's packages from bundles. */
function serviceCommand(folder: string, nodeOptions: readonly string[] = []): Command {
  return ourCommand(folder, { nodeOptions: [...USE_BUNDLED, ...nodeOptions] });
}

/** One of our own programs. */
function ourCommand(
  folder: string,
  { nodeOptions = [], args = [] }: { readonly nodeOptions?: readonly string[]; readonly args?: readonly string[] } = {},
): Command {
  const main = path.join(PROJECT_DIR, folder, "main.ts");
  return { command: [process.execPath, ...nodeOptions, main, ...args] };
}

/** An emulator in its own process. */
function emulatorCommand(name: string, args: readonly string[]): Command {
  return ourCommand("packages/emulators/src/cli", { args: ["--only", name, ...args] });
}

function firestoreCommand(settings: StackSettings, args: readonly string[]): Command {
  if (settings.firestore === "ours") return emulatorCommand("firestore", args);
  const jar = findGooglesFirestore();
  if (jar === null) {
    throw new ConfigError("--firestore official needs gcloud, its cloud-firestore-emulator component, and Java.");
  }
  const command = googlesFirestoreCommand(jar, settings.variables.FIRESTORE_EMULATOR_HOST);
  return { command, listens: GOOGLES_FIRESTORE_LISTENS };
}
