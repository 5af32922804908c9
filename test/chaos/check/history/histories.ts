import fs from "node:fs";
import path from "node:path";
import { z } from "zod";
import { readLineLog } from "../../line-log.ts";
import type { RunFolder } from "../../run-folder.ts";
import { KINDS, SCRIPTS } from "../../load/task-types.ts";
import { type ProcessLife, readLives } from "./process-lives.ts";
import { type Versions, readVersions } from "./record-versions.ts";

const runSchema = z.object({
  tasks: z.number(),
  hits: z.number(),
  seed: z.number(),
  faults: z.array(z.string()),
  secret: z.string(),
  startedMs: z.number(),
  endedMs: z.number(),
});

const orderSchema = z.discriminatedUnion("what", [
  z.object({
    what: z.literal("offered"),
    n: z.number(),
    kind: z.enum(KINDS),
    script: z.enum(SCRIPTS),
    fingerprint: z.string(),
    at: z.number(),
  }),
  z.object({ what: z.literal("accepted"), n: z.number(), id: z.string(), status: z.number(), at: z.number() }),
  z.object({ what: z.literal("refused"), n: z.number(), at: z.number() }),
]);

const deliverySchema = z.discriminatedUnion("what", [
  z.object({
    what: z.literal("sent"),
    id: z.string(),
    taskId: z.string(),
    slot: z.number(),
    pid: z.number(),
    at: z.number(),
  }),
  z.object({ what: z.literal("ended"), id: z.string(), status: z.number(), outcome: z.string(), at: z.number() }),
]);

const ledgerSchema = z.discriminatedUnion("what", [
  z.object({
    what: z.literal("begin"),
    run: z.string(),
    n: z.number(),
    pid: z.number(),
    at: z.number(),
    kind: z.enum(KINDS),
    taskId: z.string(),
    attempt: z.number(),
    fingerprint: z.string(),
  }),
  z.object({ what: z.literal("effect"), run: z.string(), at: z.number() }),
  z.object({ what: z.literal("end"), run: z.string(), at: z.number(), how: z.string() }),
]);

const receivedSchema = z.object({
  key: z.string(),
  applied: z.boolean(),
  at: z.number(),
  body: z.object({ n: z.number(), fingerprint: z.string(), run: z.string() }),
});

const faultSchema = z.object({ fault: z.string(), at: z.number(), affected: z.array(z.string()) });

/** A task as requested, and what happened to it. */
export interface TaskHistory {
  readonly n: number;
  readonly kind: (typeof KINDS)[number];
  readonly script: (typeof SCRIPTS)[number];
  readonly fingerprint: string;
  /** The ids that producers returned; empty if it was never accepted. */
  readonly ids: ReadonlySet<string>;
  readonly runs: readonly HandlerRun[];
  readonly deliveries: readonly Delivery[];
  readonly received: readonly z.output<typeof receivedSchema>[];
}

/** One run of a handler; times by the machine's clock. */
export interface HandlerRun {
  readonly run: string;
  readonly taskId: string;
  readonly attempt: number;
  readonly pid: number;
  readonly at: number;
  readonly fingerprint: string;
  /** When the handler learned that its effect had taken place. */
  effectAt?: number;
  endedAt?: number;
  /** The kind of its result, or how it threw. */
  how?: string;
}

/** A delivery that reached a worker. */
export interface Delivery {
  readonly pid: number;
  readonly sentAt: number;
  endedAt?: number;
  /** 0 if there was no response. */
  status?: number;
  outcome?: string;
}

/** Everything that a run left behind. */
export interface Histories {
  readonly run: z.output<typeof runSchema>;
  readonly tasks: readonly TaskHistory[];
  readonly faults: readonly z.output<typeof faultSchema>[];
  readonly lives: readonly ProcessLife[];
  readonly versions: Versions;
  /** The processes' output, by file. */
  readonly logs: ReadonlyMap<string, string>;
}

/** Reads a run's folder. */
export async function readHistories(folder: RunFolder): Promise<Histories> {
  const read = <Line>(file: string, schema: z.ZodType<Line>): Line[] =>
    readLineLog(file).map((line) => schema.parse(line));
  const orders = read(folder.orders, orderSchema);
  const deliveries = groupDeliveries(read(folder.deliveries, deliverySchema));
  const runs = groupRuns(filesIn(folder.ledger).flatMap((file) => read(file, ledgerSchema)));
  const received = Map.groupBy(read(folder.receiver, receivedSchema), ({ body }) => body.n);
  const accepted = Map.groupBy(
    orders.filter((order) => order.what === "accepted"),
    ({ n }) => n,
  );
  const tasks = orders
    .filter((order) => order.what === "offered")
    .map(({ n, kind, script, fingerprint }) => {
      const ids = new Set(accepted.get(n)?.map(({ id }) => id));
      return {
        n,
        kind,
        script,
        fingerprint,
        ids,
        runs: runs.get(n) ?? [],
        deliveries: [...ids].flatMap((id) => deliveries.get(id) ?? []),
        received: received.get(n) ?? [],
      };
    });
  return {
    run: runSchema.parse(JSON.parse(fs.readFileSync(folder.run, "utf8"))),
    tasks,
    faults: read(folder.faults, faultSchema),
    lives: readLives(folder),
    versions: await readVersions(folder),
    logs: new Map(filesIn(folder.logs).map((file) => [path.basename(file), fs.readFileSync(file, "utf8")])),
  };
}

function filesIn(folder: string): string[] {
  return fs.existsSync(folder) ? fs.readdirSync(folder).map((name) => path.join(folder, name)) : [];
}

function groupDeliveries(lines: readonly z.output<typeof deliverySchema>[]): Map<string, Delivery[]> {
  const byId = new Map<string, Delivery>();
  const byTask = new Map<string, Delivery[]>();
  for (const line of lines) {
    if (line.what === "sent") {
      const delivery: Delivery = { pid: line.pid, sentAt: line.at };
      byId.set(line.id, delivery);
      byTask.set(line.taskId, [...(byTask.get(line.taskId) ?? []), delivery]);
    } else {
      Object.assign(byId.get(line.id) ?? {}, { endedAt: line.at, status: line.status, outcome: line.outcome });
    }
  }
  return byTask;
}

/** Runs by task number, in the order in which they began. */
function groupRuns(lines: readonly z.output<typeof ledgerSchema>[]): Map<number, HandlerRun[]> {
  const byRun = new Map<string, HandlerRun>();
  const byTask = new Map<number, HandlerRun[]>();
  for (const line of lines) {
    if (line.what === "begin") {
      const { taskId, attempt, pid, at, fingerprint } = line;
      const run: HandlerRun = { run: line.run, taskId, attempt, pid, at, fingerprint };
      byRun.set(line.run, run);
      byTask.set(line.n, [...(byTask.get(line.n) ?? []), run]);
    } else if (line.what === "effect") {
      Object.assign(byRun.get(line.run) ?? {}, { effectAt: line.at });
    } else {
      Object.assign(byRun.get(line.run) ?? {}, { endedAt: line.at, how: line.how });
    }
  }
  for (const [n, runs] of byTask) {
    byTask.set(
      n,
      runs.toSorted((a, b) => a.at - b.at),
    );
  }
  return byTask;
}
