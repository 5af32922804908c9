import type { Registry } from "../../shared/contract/registry.ts";
import { localVariables } from "../../shared/contract/task-settings.ts";

/** A program that is bundled, and what it needs beside its code. */
export interface Program {
  readonly name: string;
  readonly entry: string;
  /** npm packages whose protos the program reads when it starts. */
  readonly protosOf: readonly string[];
  /** A path that it answers with 200 when all of it is there. */
  readonly answersAt: string;
  /** What to set so that it starts anywhere, talking to nobody. */
  readonly tryOutEnv: Readonly<Record<string, string>>;
  /** What to set besides while the compile cache is filled, so that what is loaded only then is in it too. */
  readonly warmUpEnv: Readonly<Record<string, string>>;
}

const SERVICE_ENV = {
  PORT: "0",
  HOST: "127.0.0.1",
  GOOGLE_CLOUD_PROJECT: "try-out",
  GOOGLE_CLOUD_LOCATION: "europe-west1",
  WORKER_URL: "http://127.0.0.1:9",
  WORKER_AUDIENCE: "try-out",
  INVOKER_SERVICE_ACCOUNT: "invoker@try-out.iam.gserviceaccount.com",
  // Where nobody listens: starting must not need either.
  FIRESTORE_EMULATOR_HOST: "127.0.0.1:9",
  CLOUD_TASKS_EMULATOR_HOST: "127.0.0.1:9",
  METADATA_SERVER_DETECTION: "none",
};

/** The programs, by the names of the Dockerfile's targets. Handlers get the local values of their settings. */
export function programsOf({ settings }: Pick<Registry, "settings">): readonly Program[] {
  return [
    service("producer", {}),
    service("worker", localVariables(settings)),
    {
      name: "emulator",
      entry: "packages/emulators/src/cli/main.ts",
      protosOf: ["@google-cloud/tasks", "@google-cloud/firestore-api"],
      // Loads what is loaded with the first call over REST.
      answersAt: "/v2/projects/p/locations/l/queues",
      tryOutEnv: { CLOUD_TASKS_EMULATOR_HOST: "127.0.0.1:0", FIRESTORE_EMULATOR_HOST: "127.0.0.1:0" },
      warmUpEnv: {},
    },
  ];
}

function service(name: string, variables: Readonly<Record<string, string>>): Program {
  return {
    name,
    entry: `services/${name}/main.ts`,
    protosOf: [],
    answersAt: "/live",
    tryOutEnv: { ...SERVICE_ENV, ...variables },
    warmUpEnv: { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" },
  };
}
