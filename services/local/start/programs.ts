import path from "node:path";
import type { Program } from "./child.ts";
import { LOCAL, SERVICES_DIR, type StackSettings, addressOf } from "./settings.ts";

/** The four programs of the stack, with all that each needs to find the others. */
export function programsOf(settings: StackSettings): Record<"firestore" | "queues" | "worker" | "producer", Program> {
  const { variables } = settings;
  const queuesAddress = addressOf(variables.CLOUD_TASKS_EMULATOR_HOST);
  const emulatorArgs = ["--data", settings.dataDir, ...(settings.fresh ? ["--fresh"] : [])];
  const environment = {
    ...settings.environment,
    GOOGLE_CLOUD_PROJECT: LOCAL.project,
    FIRESTORE_EMULATOR_HOST: addressOf(variables.FIRESTORE_EMULATOR_HOST),
    LOG_LEVEL: variables.LOG_LEVEL,
    HOST: "127.0.0.1",
    WORKER_AUDIENCE: LOCAL.audience,
    INVOKER_SERVICE_ACCOUNT: LOCAL.invoker,
    // Google's clients would look for a metadata server first, and warn that there is none.
    METADATA_SERVER_DETECTION: "none",
  };
  return {
    firestore: { name: "firestore", file: mainOf("local/firestore"), args: emulatorArgs, environment },
    queues: {
      name: "cloud-tasks",
      file: mainOf("local/cloud-tasks"),
      args: emulatorArgs,
      environment: { ...environment, CLOUD_TASKS_EMULATOR_HOST: queuesAddress },
    },
    worker: {
      name: "worker",
      file: mainOf("worker"),
      environment: {
        ...environment,
        PORT: String(variables.WORKER_PORT),
        OIDC_CERTS_URL: `http://${queuesAddress}/oauth2/v1/certs`,
        WEBHOOK_SIGNING_SECRET: LOCAL.signingSecret,
        WEBHOOK_ALLOW_PRIVATE_ADDRESSES: "true",
      },
    },
    producer: {
      name: "producer",
      file: mainOf("producer"),
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

function mainOf(service: string): string {
  return path.join(SERVICES_DIR, service, "main.ts");
}
