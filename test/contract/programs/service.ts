import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import path from "node:path";
import type { Readable } from "node:stream";
import type { TestContext } from "vitest";
import { COMPILE_CACHE } from "../../../services/local/compile-cache.ts";
import { USE_BUNDLED } from "../../../services/local/dependencies/bundled.ts";
import { portOf } from "../../../shared/http/listening-port.ts";
import { startKeyServer } from "../../harness/auth/key-server.ts";
import { AUDIENCE, INVOKER, KEY } from "../../harness/auth/token-rules.ts";
import { freePort } from "../../harness/network/free-port.ts";
import {
  CLOUD_VARIABLES,
  LOCAL_ONLY_VARIABLES,
  queuesVariableOf,
} from "../../harness/registry/registered-variables.ts";

export const SERVICES = ["worker", "producer"] as const;
export type ServiceName = (typeof SERVICES)[number];

/** A service's own program. */
export interface Service {
  readonly child: ChildProcess & { readonly stdout: Readable };
  readonly port: number;
  /** What it has written so far, as far as it has been read. */
  text(): string;
  /** Resolves with its exit code once it has ended. */
  readonly ended: Promise<number | null>;
}

/** Starts a service without Google: nothing listens where its Firestore and its Cloud Tasks should be. */
export async function startService(
  name: ServiceName,
  { onTestFinished }: Pick<TestContext, "onTestFinished">,
  environment: Readonly<Record<string, string>> = {},
): Promise<Service> {
  const keyServer = await startKeyServer([KEY]);
  onTestFinished(() => keyServer.close());
  const port = await freePort();
  const child = spawn(
    process.execPath,
    [...USE_BUNDLED, path.join(import.meta.dirname, `../../../services/${name}/main.ts`)],
    {
      env: {
        ...COMPILE_CACHE,
        METADATA_SERVER_DETECTION: "none",
        GOOGLE_CLOUD_PROJECT: "handoff-test",
        GOOGLE_CLOUD_LOCATION: "europe-west1",
        QUEUES: queuesVariableOf((key) => `${key}-queue`),
        WORKER_URL: "http://127.0.0.1:9",
        WORKER_AUDIENCE: AUDIENCE,
        INVOKER_SERVICE_ACCOUNT: INVOKER,
        OIDC_CERTS_URL: keyServer.url,
        ...CLOUD_VARIABLES,
        ...LOCAL_ONLY_VARIABLES,
        ...(name === "producer" ? { AUTH_MODE: "local" } : {}),
        FIRESTORE_EMULATOR_HOST: "127.0.0.1:9",
        CLOUD_TASKS_EMULATOR_HOST: "127.0.0.1:9",
        HOST: "127.0.0.1",
        PORT: String(port),
        ...environment,
      },
      stdio: ["ignore", "pipe", "inherit", "ipc"],
    },
  );
  onTestFinished(() => void child.kill("SIGKILL"));
  const { stdout } = child;
  if (!stdout) throw new Error("The program's output is not kept.");
  let text = "";
  stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const ended = once(child, "exit").then(() => child.exitCode);
  await Promise.race([
    once(child, "message"),
    ended.then((code) => Promise.reject(new Error(`The ${name} ended with ${code} before it was listening.`))),
  ]);
  return { child: Object.assign(child, { stdout }), port, text: () => text, ended };
}

/** Accepts connections and never responds. `asked` resolves with the first connection. */
export async function startSilentServer({ onTestFinished }: Pick<TestContext, "onTestFinished">) {
  const silent = net.createServer();
  silent.listen(0, "127.0.0.1");
  await once(silent, "listening");
  onTestFinished(() => void silent.close());
  const address = `127.0.0.1:${portOf(silent)}`;
  return { address, asked: once(silent, "connection") };
}
