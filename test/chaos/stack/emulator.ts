import type { Processes, RunProcess } from "./process.ts";

/** An emulator that can be killed and started again on the same port and data. */
export interface Emulator {
  readonly url: string;
  /** Rejects if the emulator ends by itself; a run can't go on without it. */
  readonly gone: Promise<never>;
  /** Kills it, calls the given function while it is down, and starts it again. */
  restart(meanwhile?: () => void): Promise<void>;
  end(): Promise<void>;
}

/** Starts an emulator in its own process. */
export async function startEmulator(
  processes: Processes,
  { name, port, args }: { name: string; port: number; args: readonly string[] },
): Promise<Emulator> {
  const { promise: gone, reject } = Promise.withResolvers<never>();
  gone.catch(() => undefined);
  let mayEnd = false;
  const start = async (): Promise<RunProcess> => {
    const started = await processes.start({ name, args, environment: { LOG_LEVEL: "warn" } });
    mayEnd = false;
    void started.ended.then(() => {
      if (!mayEnd) reject(new Error(`The emulator ${name} has ended by itself.`));
    });
    return started;
  };
  let current = await start();
  return {
    url: `http://127.0.0.1:${port}`,
    gone,
    async restart(meanwhile) {
      mayEnd = true;
      current.kill("SIGKILL");
      await current.ended;
      meanwhile?.();
      current = await start();
    },
    async end() {
      mayEnd = true;
      await current.end();
    },
  };
}
