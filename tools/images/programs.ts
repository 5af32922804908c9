import path from "node:path";
import type { Registry } from "../../shared/contract/registry.ts";
import { localVariables } from "../../shared/contract/task-settings.ts";
import { buildConsoleAssets } from "../console-assets/build-assets.ts";

/** A program to bundle, and what it needs besides its code. */
export interface Program {
  readonly name: string;
  readonly entry: string;
  /** The npm packages whose protos the program reads on startup. */
  readonly protosOf: readonly string[];
  /** The files that it reads on request, by npm package. Default: none. */
  readonly filesOf?: Readonly<Record<string, readonly string[]>>;
  /** Builds the files that its pages load, in the folder `assets` beside its code. Default: none. */
  readonly buildAssets?: (into: string) => Promise<void>;
  /** The names under which it logs its addresses, one for each port. */
  readonly listensAs: readonly string[];
  /** A path that it answers with 2xx if the bundle is complete. */
  readonly answersAt: string;
  /** Variables that let it start anywhere, without contacting anything. */
  readonly tryOutEnv: Readonly<Record<string, string>>;
  /** Additional variables while the code cache is filled, so that it includes code that only loads with them. */
  readonly warmUpEnv: Readonly<Record<string, string>>;
  /** What its image's entry point gives to Node. Default: nothing. */
  readonly nodeArgs?: readonly string[];
}

/** A program's bundle. */
export interface Bundle {
  readonly program: Program;
  readonly folder: string;
}

/** What starts a bundle, as its image does. */
export function commandOf({ program, folder }: Bundle): [string, ...string[]] {
  return [process.execPath, ...(program.nodeArgs ?? []), path.join(folder, "main.js")];
}

const SERVICE_ENV = {
  PORT: "0",
  HOST: "127.0.0.1",
  GOOGLE_CLOUD_PROJECT: "try-out",
  GOOGLE_CLOUD_LOCATION: "europe-west1",
  WORKER_URL: "http://127.0.0.1:9",
  WORKER_AUDIENCE: "try-out",
  INVOKER_SERVICE_ACCOUNT: "invoker@try-out.iam.gserviceaccount.com",
  // Nothing listens here: a start must need neither.
  FIRESTORE_EMULATOR_HOST: "127.0.0.1:9",
  CLOUD_TASKS_EMULATOR_HOST: "127.0.0.1:9",
  METADATA_SERVER_DETECTION: "none",
};

/** What services/producer/description/docs.ts serves, with the licences that must be distributed with it. */
const DOCS_FILES = [
  "swagger-ui-bundle.js",
  "swagger-ui.css",
  "favicon-32x32.png",
  "LICENSE",
  "NOTICE",
  "swagger-ui-bundle.js.LICENSE.txt",
];

/**
 * How far half of a worker's young generation may grow, in MiB. V8 would choose by the memory that there is
 * (docs/decisions/038-what-a-request-costs.md): 1 MiB of 512, and 64 on a large machine.
 */
const YOUNG_GENERATION = "--max-semi-space-size=16";

/** The programs, named after the Dockerfile's targets. Handlers get the local values of their settings. */
export function programsOf({ settings }: Pick<Registry, "settings">): readonly Program[] {
  return [
    // The files of its page /docs.
    {
      ...service("producer", { AUTH_MODE: "local" }),
      filesOf: { "swagger-ui-dist": DOCS_FILES },
      answersAt: "/docs/swagger-ui-bundle.js",
    },
    { ...service("worker", localVariables(settings)), nodeArgs: [YOUNG_GENERATION] },
    // It reads its assets on startup.
    {
      ...service("console", { CONSOLE_IDENTITY: "local", PRODUCER_URL: "http://127.0.0.1:9" }),
      buildAssets: buildConsoleAssets,
    },
    {
      name: "emulator",
      entry: "packages/emulators/src/cli/main.ts",
      protosOf: ["@google-cloud/tasks", "@google-cloud/firestore-api"],
      listensAs: ["cloud-tasks", "firestore"],
      // This request loads the modules that only load with the first REST call.
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
    listensAs: [name],
    answersAt: "/live",
    tryOutEnv: { ...SERVICE_ENV, ...variables },
    warmUpEnv: { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" },
  };
}
