import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { Registry } from "../../shared/contract/registry.ts";
import { localRegistry, startVariables } from "../../services/local/settings.ts";
import { startStack } from "../../services/local/stack.ts";
import { freePort } from "../harness/network/free-port.ts";

export interface LocalStack {
  /** The producer's address. */
  readonly url: string;
  readonly consoleUrl: string;
  stop(): Promise<void>;
}

/**
 * A stack on free ports that starts empty and leaves nothing behind.
 *
 * @throws Error with the last lines of the programs when it doesn't start.
 */
export async function startLocalStack(registry: Registry): Promise<LocalStack> {
  const dataDir = await fs.mkdtemp(path.join(os.tmpdir(), "handoff-smoke-"));
  const ports = await Promise.all(Array.from({ length: 5 }, () => freePort()));
  const [producer, worker, console, queues, firestore] = ports;
  const variables = startVariables.parse({
    PRODUCER_PORT: String(producer),
    WORKER_PORT: String(worker),
    CONSOLE_PORT: String(console),
    CLOUD_TASKS_EMULATOR_HOST: `127.0.0.1:${queues}`,
    FIRESTORE_EMULATOR_HOST: `127.0.0.1:${firestore}`,
    LOG_LEVEL: "warn",
  });
  const environment = { PATH: process.env["PATH"] };
  const print = (line: string): void => void process.stderr.write(`${line}\n`);
  const forget = () => fs.rm(dataDir, { recursive: true, force: true });
  try {
    const stack = await startStack(
      {
        registry: localRegistry(registry),
        variables,
        environment,
        dataDir,
        fresh: true,
        reload: false,
        firestore: "ours",
      },
      { print, signal: new AbortController().signal },
    );
    return {
      url: `http://127.0.0.1:${producer}`,
      consoleUrl: `http://127.0.0.1:${console}`,
      async stop() {
        await stack.stop();
        await forget();
      },
    };
  } catch (error) {
    await forget();
    throw error;
  }
}
