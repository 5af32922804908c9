import { setTimeout } from "node:timers/promises";
import { median } from "../../median.ts";
import { Caller, succeeded } from "../process/calls.ts";
import { startPostgres } from "../stack/postgres.ts";
import { handledAt, runTasks } from "../stack/run-tasks.ts";
import { type QueueSystem, startOurs, startPeer } from "../stack/queue-system.ts";
import { startRedis } from "../stack/redis.ts";
import type { Rounds } from "../process/in-turn.ts";
import { type Row, besides, figure } from "./row.ts";
import type { Setting } from "./setting.ts";

/** Between two tasks of an idle system. */
const IDLE_MS = 25;

const OURS = "Handoff";
const PEERS = ["pg-boss", "graphile-worker", "bullmq"];

/** Tasks through whole systems: one at a time, and as many as they take. Skipped systems are told. */
export async function* throughRows(setting: Setting, skip: (why: string) => void): AsyncGenerator<Row> {
  const { systems, stop } = await startSystems(setting, skip);
  try {
    // Until then, code is compiled.
    for (const system of systems) await runTasks(system, Math.ceil(setting.sizes.through.requests / 2));
    const idle = await idleMs(systems, setting.sizes.idle);
    const unit = "ms";
    yield {
      what: "idle: POST to handler, p50, all local",
      unit,
      before: 14.8,
      ours: figure(idle, OURS),
      aim: 9,
      beside: besides(idle, PEERS),
    };
    const { perSecond, cpuMs } = await throughput(systems, setting.sizes.through);
    const what = "end to end, all local";
    const rate = { unit: "tasks/s", isRate: true, before: 296, aim: 610 };
    yield { what, ...rate, ours: figure(perSecond, OURS), beside: besides(perSecond, PEERS) };
    const cost = { unit: "CPU ms a task", before: 4.33, aim: 2.4 };
    yield { what, ...cost, ours: figure(cpuMs, OURS), beside: besides(cpuMs, PEERS) };
  } finally {
    await stop();
  }
}

async function startSystems({ bundles, emulators, hasPeers }: Setting, skip: (why: string) => void) {
  const systems: QueueSystem[] = [];
  const databases: { stop(): Promise<void> }[] = [];
  const stop = async (): Promise<void> => {
    for (const each of [...systems, ...databases]) await each.stop();
  };
  try {
    systems.push(await startOurs(bundles, emulators));
    if (!hasPeers) return { systems, stop };
    const postgres = await startPostgres();
    if (postgres) {
      databases.push(postgres);
      const database = { server: postgres.server, env: { DATABASE_URL: postgres.url } };
      for (const name of ["pg-boss", "graphile-worker"]) systems.push(await startPeer(name, database));
    } else skip("pg-boss and graphile-worker: Debian's package postgresql is not installed");
    const redis = await startRedis();
    if (redis) {
      databases.push(redis);
      systems.push(await startPeer("bullmq", { server: redis.server, env: { REDIS_PORT: String(redis.server.port) } }));
    } else skip("BullMQ: Debian's package redis-server is not installed");
    return { systems, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Hands tasks over one by one, each when the one before is handled, and a moment later. */
async function idleMs(systems: readonly QueueSystem[], { rounds, requests }: Rounds) {
  const took = new Map<string, number[]>(systems.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const system of systems) {
      const caller = new Caller(system.front.address, 1);
      for (let n = 0; n < requests; n++) {
        const handled = handledAt(system.worker, 1);
        const call = system.call(n);
        const fromNanos = process.hrtime.bigint();
        succeeded(await caller.send(call), call);
        took.get(system.name)?.push(Number((await handled) - fromNanos) / 1e6);
        await setTimeout(IDLE_MS);
      }
      caller.close();
    }
  }
  return new Map([...took].map(([name, figures]) => [name, median(figures)]));
}

async function throughput(systems: readonly QueueSystem[], { rounds, requests }: Rounds) {
  const rates = new Map<string, number[]>(systems.map(({ name }) => [name, []]));
  const costs = new Map<string, number[]>(systems.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const system of systems) {
      const beforeMs = system.cpuMs();
      const seconds = await runTasks(system, requests);
      rates.get(system.name)?.push(requests / seconds);
      costs.get(system.name)?.push((system.cpuMs() - beforeMs) / requests);
    }
  }
  const medians = (figures: typeof rates) => new Map([...figures].map(([name, each]) => [name, median(each)]));
  return { perSecond: medians(rates), cpuMs: medians(costs) };
}
