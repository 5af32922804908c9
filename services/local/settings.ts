import path from "node:path";
import { z } from "zod";
import type { Registry } from "../../shared/contract/registry.ts";
import { guardVariables } from "../../shared/http/guard.ts";
import { hostAndPortVariable, logLevelVariable, portVariable } from "../../shared/runtime/config.ts";

/** The variables of `npm start`, with their defaults. */
export const startVariables = z.object({
  PRODUCER_PORT: portVariable.default(8080),
  WORKER_PORT: portVariable.default(8081),
  CLOUD_TASKS_EMULATOR_HOST: hostAndPortVariable.default({ host: "127.0.0.1", port: 8123 }),
  FIRESTORE_EMULATOR_HOST: hostAndPortVariable.default({ host: "127.0.0.1", port: 8090 }),
  LOG_LEVEL: logLevelVariable,
  ALLOW_HOST: guardVariables.ALLOW_HOST,
});

export interface StackSettings {
  readonly registry: Registry;
  readonly variables: z.output<typeof startVariables>;
  /** The environment that the programs inherit. */
  readonly environment: NodeJS.ProcessEnv;
  readonly dataDir: string;
  /** Whether to discard the state of earlier runs. */
  readonly fresh: boolean;
  /** Which Firestore emulator to start: ours or Google's. */
  readonly firestore: "ours" | "official";
}

/** Names of the local project. Nothing outside this machine ever sees them. */
export const LOCAL = {
  project: "handoff-local",
  location: "local",
  audience: "handoff-worker",
  invoker: "invoker@handoff-local.iam.gserviceaccount.com",
} as const;

export const PROJECT_DIR = path.resolve(import.meta.dirname, "../..");

export function addressOf(at: { host: string; port: number }): string {
  return `${at.host}:${at.port}`;
}
