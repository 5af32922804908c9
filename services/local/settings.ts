import path from "node:path";
import * as z from "zod";
import type { QueueSettings } from "../../shared/contract/queues.ts";
import type { Registry } from "../../shared/contract/registry.ts";
import { localVariables } from "../../shared/contract/task-settings.ts";
import { guardVariables } from "../../shared/http/guard.ts";
import { hostAndPortVariable, logLevelVariable, platformVariables } from "../../shared/runtime/config.ts";
import { HIGHEST_PORT } from "../../shared/network/host-and-port.ts";
import { numberWithin } from "../../shared/runtime/variables/number-within.ts";

/** Other programs have to know it, so it can't be 0. */
const portVariable = numberWithin({ from: 1, to: HIGHEST_PORT });

/** The variables of `npm start`, with their defaults. */
export const startVariables = z.object({
  PRODUCER_PORT: portVariable.default(8080),
  WORKER_PORT: portVariable.default(8081),
  CONSOLE_PORT: portVariable.default(8082),
  CLOUD_TASKS_EMULATOR_HOST: hostAndPortVariable.default({ host: "127.0.0.1", port: 8123 }),
  FIRESTORE_EMULATOR_HOST: hostAndPortVariable.default({ host: "127.0.0.1", port: 8090 }),
  FIRESTORE_DATABASE: platformVariables.FIRESTORE_DATABASE,
  COLLECTION_PREFIX: platformVariables.COLLECTION_PREFIX,
  LOG_LEVEL: logLevelVariable,
  ALLOW_HOST: guardVariables.ALLOW_HOST,
});

/** The parts of the registry that the stack needs, as data that threads can exchange. */
export interface LocalRegistry {
  /** The queues' settings by key. */
  readonly queues: ReadonlyMap<string, QueueSettings>;
  /** The local values of the variables that handlers need. */
  readonly variables: Readonly<Record<string, string>>;
}

/** The parts of a registry that the stack needs. */
export function localRegistry({ queues, settings }: Registry): LocalRegistry {
  return { queues, variables: localVariables(settings) };
}

export interface StackSettings {
  readonly registry: LocalRegistry;
  readonly variables: z.output<typeof startVariables>;
  /** The environment that the programs inherit. */
  readonly environment: NodeJS.ProcessEnv;
  readonly dataDir: string;
  /** Whether to discard the state of earlier runs. */
  readonly fresh: boolean;
  /** Whether a service restarts when its sources change. */
  readonly reload: boolean;
  /** Which Firestore emulator to start: ours or Google's. */
  readonly firestore: "ours" | "official";
}

/** Names in the local project. They are never seen outside this machine. */
export const LOCAL = {
  project: "handoff-local",
  location: "local",
  audience: "handoff-worker",
  invoker: "invoker@handoff-local.iam.gserviceaccount.com",
} as const;

export const PROJECT_DIR = path.resolve(import.meta.dirname, "../..");

/** An address as `host:port`. */
export function addressOf(at: { host: string; port: number }): string {
  return `${at.host}:${at.port}`;
}
