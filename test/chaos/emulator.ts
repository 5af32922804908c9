import type { Processes, RunProcess } from "./process.ts";

/** An emulator that can be killed and started again on the same port and data. */
export interface Emulator {
  readonly url: string;
  /** Kills it, does what is given while it is gone, and starts it again. */
  restart(meanwhile: () => void): Promise<void>;
  end(): Promise<void>;
}

/** Starts an emulator as a process of its own. */
export async function startEmulator(
  processes: Processes,
  { name, port, args }: { name: string; port: number; args: readonly string[] },
): Promise<Emulator> {
  const start = () => processes.start({ name, args, environment: { LOG_LEVEL: "warn" } });
  let current: RunProcess = await start();
  return {
    url: `http://127.0.0.1:${port}`,
    async restart(meanwhile) {
      current.kill("SIGKILL");
      await current.ended;
      meanwhile();
      current = await start();
    },
    end: () => current.end(),
  };
}
