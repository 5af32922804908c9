import { throughTasks } from "../../service/task-types.ts";
import type { Call } from "../process/calls.ts";
import { cpuMs, treeCpuMs } from "../process/kernel-cpu.ts";
import type { OurBundles } from "./our-bundles.ts";
import { type OurEmulators, producerProgram, workerProgram } from "./our-stack.ts";
import { peerProgram } from "./peer-programs.ts";
import { type ServerProcess, startServer } from "../process/server-process.ts";

/** A whole system: an HTTP API, what keeps the tasks, and a worker that tells when it has handled one. */
export interface QueueSystem {
  readonly name: string;
  readonly front: ServerProcess;
  readonly worker: ServerProcess;
  /** The call that hands over task `n`. */
  readonly call: (n: number) => Call;
  /** What all its processes have used so far. */
  readonly cpuMs: () => number;
  stop(): Promise<void>;
}

/** Ours: both bundles, and both emulators. */
export async function startOurs(bundles: OurBundles, emulators: OurEmulators): Promise<QueueSystem> {
  const { cloudTasks, firestore } = emulators;
  const worker = await startServer(
    workerProgram(bundles.worker, emulators, `http://${cloudTasks.address}/oauth2/v1/certs`),
  );
  const front = await startServer(producerProgram(bundles.producer, emulators, `http://${worker.address}`));
  const processes = [front, worker, cloudTasks, firestore];
  return {
    name: "Handoff",
    front,
    worker,
    call: (n) => taskCall(throughTasks[n % throughTasks.length]?.type ?? "", n),
    cpuMs: () => processes.reduce((sum, { pid }) => sum + cpuMs(pid), 0),
    async stop() {
      for (const service of [front, worker]) await service.stop();
    },
  };
}

/** A job queue of npm, by the name of its program, on a database that runs. */
export async function startPeer(
  name: string,
  database: { readonly server: ServerProcess; readonly env: Readonly<Record<string, string>> },
): Promise<QueueSystem> {
  const front = await startServer(peerProgram(name, { ...database.env, ROLE: "producer" }));
  const worker = await startServer({ ...peerProgram(name, { ...database.env, ROLE: "worker" }), upLine: "working" });
  return {
    name,
    front,
    worker,
    call: (n) => taskCall("bench", n),
    cpuMs: () => cpuMs(front.pid) + cpuMs(worker.pid) + treeCpuMs(database.server.pid),
    async stop() {
      for (const service of [front, worker]) await service.stop();
    },
  };
}

function taskCall(type: string, n: number): Call {
  return { path: "/v1/tasks", headers: {}, body: JSON.stringify({ type, payload: { n } }) };
}
