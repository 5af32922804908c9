import { performance } from "node:perf_hooks";
import * as z from "zod";
import { type GrpcConnection, openGrpcConnection } from "../processes/grpc-connection.ts";
import { createCloudTasksCaller } from "../processes/grpc-service.ts";

/** Creates tasks in all the queues in turn, many at once, as fast as the emulator answers. */
const { address, queues, url, bodyBytes, tasks, clients, connections } = z
  .object({
    address: z.string(),
    /** By their full names. */
    queues: z.array(z.string()),
    url: z.string(),
    bodyBytes: z.int(),
    tasks: z.int(),
    clients: z.int(),
    connections: z.int(),
  })
  .parse(JSON.parse(process.argv[2] ?? ""));

const call = createCloudTasksCaller();
const open = await Promise.all(Array.from({ length: connections }, () => openGrpcConnection(address)));
const task = { httpRequest: { url, body: Buffer.alloc(bodyBytes, "x") } };
let next = 0;

const from = performance.now();
await Promise.all(Array.from({ length: clients }, (_, client) => work(open[client % open.length])));
const seconds = (performance.now() - from) / 1_000;
await Promise.all(open.map((connection) => connection.close()));
process.stdout.write(`${JSON.stringify({ perSecond: tasks / seconds })}\n`);

async function work(connection: GrpcConnection | undefined): Promise<void> {
  if (!connection) throw new Error("There is no connection.");
  for (let n = next++; n < tasks; n = next++) {
    await call(connection, "CreateTask", { parent: queues[n % queues.length], task });
  }
}
