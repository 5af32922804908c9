import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { COMPILE_CACHE } from "../../../services/local/compile-cache.ts";
import { USE_BUNDLED } from "../../../services/local/dependencies/bundled.ts";

export type ServiceName = "producer" | "worker";

/** A service's program in a process of its own. */
export interface ServiceProcess {
  /** Resolves once it listens; rejects if it ends before that. */
  readonly url: Promise<string>;
  /** Asks it to end, upon which Node keeps what it has compiled, and waits for that. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts a service of a revision on a free port of loopback.
 *
 * @param service the revision's folder and the service's name.
 * @param env all of its environment but host, port, and where Node keeps what it has compiled.
 */
export function startService(
  service: { readonly folder: string; readonly name: ServiceName },
  env: Readonly<Record<string, string>>,
): ServiceProcess {
  const main = path.join(service.folder, "services", service.name, "main.ts");
  const child = spawn(process.execPath, [...USE_BUNDLED, main], {
    env: { ...COMPILE_CACHE, ...env, HOST: "127.0.0.1", PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  const url = Promise.withResolvers<string>();
  // Only whoever awaits the URL needs to hear of it.
  url.promise.catch(() => undefined);
  createInterface(child.stdout).on("line", (line) => {
    if (!line.includes('"message":"listening"')) return;
    const { port }: { port: number } = JSON.parse(line);
    url.resolve(`http://127.0.0.1:${port}`);
  });
  child.once("close", () => url.reject(new Error(`The ${service.name} ended before it listened.`)));
  return {
    url: url.promise,
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
