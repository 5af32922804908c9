import { performance } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import * as z from "zod";
import { GrpcError, openGrpcConnection } from "../processes/grpc-connection.ts";
import { createFirestoreCaller } from "../processes/grpc-service.ts";

/** Updates one document of an emulator at a steady rate, and measures how long each answer takes. */
const { address, perSecond, seconds } = z
  .object({ address: z.string(), perSecond: z.int(), seconds: z.number() })
  .parse(JSON.parse(process.argv[2] ?? ""));

/** When so many calls are open, no more are made: the emulator doesn't keep up. */
const MAX_OPEN = 64;
const TICK_MS = 5;

const database = "projects/bench/databases/(default)";
const name = `${database}/documents/c/hot`;
const call = createFirestoreCaller();
const connection = await openGrpcConnection(address);
const tookMs: number[] = [];
const open = new Set<Promise<void>>();

const startedMs = performance.now();
let sent = 0;
/** Google's emulator aborts writes that wait for each other for too long. */
let refused = 0;
for (let passedMs = 0; passedMs < seconds * 1_000; passedMs = performance.now() - startedMs) {
  for (const due = (passedMs / 1_000) * perSecond; sent < due && open.size < MAX_OPEN; sent++) {
    const update = commit(sent).finally(() => open.delete(update));
    open.add(update);
  }
  await setTimeout(TICK_MS);
}
const inSeconds = (performance.now() - startedMs) / 1_000;
const answered = tookMs.length;
await Promise.all(open);
await connection.close();
const sorted = tookMs.toSorted((a, b) => a - b);
const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
const figures = { perSecond: answered / inSeconds, refused, medianMs: at(0.5), highMs: at(0.99), longestMs: at(1) };
process.stdout.write(`${JSON.stringify(figures)}\n`);

async function commit(n: number): Promise<void> {
  const fromMs = performance.now();
  try {
    await call(connection, "Commit", { database, writes: [{ update: { name, fields: { n: { integerValue: n } } } }] });
    tookMs.push(performance.now() - fromMs);
  } catch (error) {
    if (!(error instanceof GrpcError)) throw error;
    refused += 1;
  }
}
