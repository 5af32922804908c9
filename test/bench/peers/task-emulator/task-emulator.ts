import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { type GrpcConnection, openGrpcConnection } from "../../processes/grpc-connection.ts";
import { createCloudTasksCaller } from "../../processes/grpc-service.ts";
import { type ServerProcess, type ServerProgram, startServer } from "../process/server-process.ts";

/** An emulator of Cloud Tasks in a process of its own, and connections to it. */
export interface TaskEmulator {
  readonly server: ServerProcess;
  /** Calls one of its methods, over one of its connections in turn. */
  call(method: string, request: object): ReturnType<typeof callCloudTasks>;
  /** Kills it, unless another signal is given. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** The Rust crate, as `cargo install` leaves it. */
export const RUST_CRATE = "cloud-tasks-emulator@0.1.1";
const CARGOS_BIN = path.join(os.homedir(), ".cargo/bin/cloud-tasks-emulator");
const CONNECTIONS = 4;

const callCloudTasks = createCloudTasksCaller();

/** Ours, by the command that runs it. Its log goes to this process, as a service's does. */
export function ourEmulator(command: readonly [string, ...string[]]): ServerProgram {
  return { command: [...command, "--only", "cloud-tasks"], addressVariable: "CLOUD_TASKS_EMULATOR_HOST" };
}

/** The Rust emulator; undefined if it isn't installed. */
export async function rustEmulator(): Promise<ServerProgram | undefined> {
  try {
    await fs.access(CARGOS_BIN);
    // Nobody asks it for its keys here.
    const env = { OIDC_ISSUER: "http://127.0.0.1:9", QUEUES: "" };
    return { command: [CARGOS_BIN], addressVariable: "LISTEN_ADDR", env };
  } catch {
    return undefined;
  }
}

export async function startTaskEmulator(program: ServerProgram): Promise<TaskEmulator> {
  const server = await startServer(program);
  const open = () => openGrpcConnection(server.address);
  const connections: GrpcConnection[] = await Promise.all(Array.from({ length: CONNECTIONS }, open));
  let next = 0;
  return {
    server,
    call(method, request) {
      const connection = connections[next++ % connections.length];
      if (!connection) throw new Error("There is no connection.");
      return callCloudTasks(connection, method, request);
    },
    async stop(signal) {
      await Promise.all(connections.map((connection) => connection.close()));
      await server.stop(signal);
    },
  };
}
