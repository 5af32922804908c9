import path from "node:path";
import { ConfigError } from "../../shared/runtime/config-error.ts";
import type { Program } from "./child.ts";
import {
  GOOGLES_FIRESTORE_LISTENS,
  findGooglesFirestore,
  googlesFirestoreCommand,
} from "../../packages/emulators/src/firestore/googles-firestore.ts";
import { localVariables } from "../../shared/contract/task-settings.ts";
import { LOCAL, PROJECT_DIR, type StackSettings, addressOf } from "./settings.ts";

/** The four programs of the stack, with the addresses and names that each needs to reach the others. */
export function programsOf(settings: StackSettings): Record<"firestore" | "queues" | "worker" | "producer", Program> {
  const { variables, registry } = settings;
  const queuesAddress = addressOf(variables.CLOUD_TASKS_EMULATOR_HOST);
  const emulatorArgs = ["--data", settings.dataDir, ...(settings.fresh ? ["--fresh"] : [])];
  const environment = {
    ...settings.environment,
    GOOGLE_CLOUD_PROJECT: LOCAL.project,
    QUEUES: JSON.stringify(queueNames(registry)),
    FIRESTORE_EMULATOR_HOST: addressOf(variables.FIRESTORE_EMULATOR_HOST),
    LOG_LEVEL: variables.LOG_LEVEL,
    HOST: "127.0.0.1",
    ALLOW_HOST: [...variables.ALLOW_HOST].join(","),
    WORKER_AUDIENCE: LOCAL.audience,
    INVOKER_SERVICE_ACCOUNT: LOCAL.invoker,
    // Otherwise Google's clients would look for a metadata server first, and warn that they found none.
    METADATA_SERVER_DETECTION: "none",
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
      ...ourCommand("services/worker"),
      environment: {
        ...localVariables(registry.settings),
        ...environment,
        PORT: String(variables.WORKER_PORT),
        OIDC_CERTS_URL: `http://${queuesAddress}/oauth2/v1/certs`,
      },
    },
    producer: {
      name: "producer",
      ...ourCommand("services/producer"),
      environment: {
        ...environment,
        PORT: String(variables.PRODUCER_PORT),
        GOOGLE_CLOUD_LOCATION: LOCAL.location,
        CLOUD_TASKS_EMULATOR_HOST: queuesAddress,
        WORKER_URL: `http://127.0.0.1:${variables.WORKER_PORT}`,
      },
    },
  };
}

/** Each queue's names in the emulator: just its key. */
function queueNames({ queues }: StackSettings["registry"]): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries([...queues.keys()].map((key) => [key, [key]]));
}

type Command = Pick<Program, "command" | "listens">;

/** One of our own programs. */
function ourCommand(folder: string, args: readonly string[] = []): Command {
  const main = path.join(PROJECT_DIR, folder, "main.ts");
  return { command: [process.execPath, main, ...args] };
}

/** An emulator in a process of its own. */
function emulatorCommand(name: string, args: readonly string[]): Command {
  return ourCommand("packages/emulators/src/cli", ["--only", name, ...args]);
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
