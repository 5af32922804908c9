import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import * as z from "zod";
import { listenCall } from "../../../packages/emulators/src/firestore/calls/listen-call.ts";
import { Databases } from "../../../packages/emulators/src/firestore/databases.ts";
import { firestoreCalls } from "../../../packages/emulators/src/firestore/firestore-service.ts";
import { openCommitLog } from "../../../packages/emulators/src/firestore/store/commit-log.ts";
import { keepHeapSmall } from "../../../packages/emulators/src/kernel/small-heap.ts";
import { VirtualClock } from "../../../packages/emulators/src/kernel/virtual-clock.ts";
import { loadProtos } from "../../../packages/emulators/src/rpc/proto.ts";

/**
 * Commits at a steady rate of virtual time, and measures whether the Firestore emulator gets slower or larger with it. The
 * calls are made in this process and without gRPC, which takes ten times as long and would hide it. A step is what happens
 * between two turns of the event loop; it is measured by the processor time of the main thread, collections of garbage
 * included, which other programs on the machine don't lengthen.
 */
const { pattern, documents, perSecond, minutes, isStored } = z
  .object({
    /** Updates of some documents; or documents that come and go, `documents` of them at a time, as in a queue. */
    pattern: z.enum(["update", "queue"]),
    documents: z.int(),
    perSecond: z.int(),
    minutes: z.number(),
    /** Whether there is a journal. */
    isStored: z.boolean(),
  })
  .parse(JSON.parse(process.argv[2] ?? ""));

const PROTO_PACKAGES = ["google.firestore.v1", "google.protobuf", "google.rpc", "google.type"];
const MIB = 2 ** 20;
const STEPS_PER_SECOND = 10;
const database = "projects/bench/databases/(default)";
const parent = `${database}/documents`;
const from = [{ collectionId: "c" }];
const oldest = { from, orderBy: [{ field: { fieldPath: "n" } }], limit: { value: 10 } };

keepHeapSmall();
const clock = new VirtualClock();
const databases = new Databases(clock, "pessimistic");
const calls = firestoreCalls(databases);
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "bench-"));
const log = isStored ? await openLog() : undefined;
const shares: number[] = [];
let longestStepCpuMs = 0;
let highestMib = 0;

if (pattern === "queue") listen();
await commitAll();
await log?.close();
fs.rmSync(folder, { recursive: true });
const knownSinceSeconds = Number(databases.named(database).documents.knownSince) / 1e6;
const pastSeconds = Math.min(minutes * 60, clock.now() / 1_000 - knownSinceSeconds);
const firstCpuMicros = shares[1] ?? shares[0];
const figures = { firstCpuMicros, lastCpuMicros: shares.at(-1), longestStepCpuMs, highestMib, pastSeconds };
process.stdout.write(`${JSON.stringify(figures)}\n`);
process.exit(0);

/** Measures in tenths of the whole. */
async function commitAll(): Promise<void> {
  const inAll = perSecond * 60 * minutes;
  let [measuredUntil, cpuMs, turnCpuMs] = [0, mainThreadCpuMs(), mainThreadCpuMs()];
  for (let n = 0; n < inAll;) {
    for (const until = n + perSecond / STEPS_PER_SECOND; n < until; n++) {
      await step(n);
      await nextTurn();
      const nowMs = mainThreadCpuMs();
      // The first steps compile the code.
      if (n > inAll / 10) longestStepCpuMs = Math.max(longestStepCpuMs, nowMs - turnCpuMs);
      turnCpuMs = nowMs;
    }
    await clock.advance(1_000 / STEPS_PER_SECOND);
    turnCpuMs = mainThreadCpuMs();
    if (n - measuredUntil < inAll / 10) continue;
    highestMib = Math.max(highestMib, process.memoryUsage.rss() / MIB);
    shares.push(((turnCpuMs - cpuMs) * 1_000) / (n - measuredUntil));
    [measuredUntil, cpuMs] = [n, turnCpuMs];
  }
}

async function step(n: number): Promise<void> {
  if (pattern === "update") {
    await commit({ update: { name: `${parent}/c/${n % documents}`, fields: { n: { integerValue: n } } } });
    return;
  }
  await commit({ update: { name: `${parent}/c/${n}`, fields: { n: { integerValue: n } } } });
  if (n >= documents) await commit({ delete: `${parent}/c/${n - documents}` });
  if (n % perSecond === 0) await call("RunQuery", { parent, structuredQuery: oldest });
}

async function commit(write: object): Promise<void> {
  await call("Commit", { database, writes: [write] });
}

async function call(method: string, request: object): Promise<void> {
  await calls[method]?.(request, () => undefined);
}

/** Listens to the ten oldest documents. */
function listen(): void {
  const query = { parent, structuredQuery: oldest };
  listenCall(databases)({ send: () => true, end: () => undefined }).take({
    database,
    addTarget: { targetId: 1, once: false, query },
  });
}

async function openLog() {
  const protos = loadProtos({ npmPackage: "@google-cloud/firestore-api" }, PROTO_PACKAGES);
  const opened = await openCommitLog({
    folder,
    documentType: protos.lookupType("google.firestore.v1.Document"),
    restore: (each) => databases.restore(each),
    snapshot: () => databases.snapshot(),
  });
  databases.keepIn(opened);
  return opened;
}

function mainThreadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
