import fs from "node:fs";
import path from "node:path";
import * as z from "zod";
import { readLineLog } from "../../line-log.ts";
import type { RunFolder } from "../../run-folder.ts";
import { childrenOf } from "../../load/children.ts";
import { fingerprint } from "../../load/fingerprint.ts";
import type { KINDS, SCRIPTS } from "../../load/task-types.ts";
import {
  type Delivery,
  type HandlerRun,
  type Received,
  type Told,
  deliverySchema,
  groupDeliveries,
  groupRuns,
  ledgerSchema,
  linesOf,
  orderSchema,
  receivedSchema,
} from "./lines.ts";
import { type ProcessLife, readLives } from "./process-lives.ts";
import { type Versions, readVersions } from "./record-versions.ts";

export type { Delivery, HandlerRun };

const runSchema = z.object({
  tasks: z.number(),
  hits: z.number(),
  seed: z.number(),
  faults: z.array(z.string()),
  secret: z.string(),
  startedMs: z.number(),
  endedMs: z.number(),
  isOutboxEmpty: z.boolean(),
});

const faultSchema = z.object({ fault: z.string(), at: z.number(), affected: z.array(z.string()) });

/** A task as requested, and what happened to it. */
export interface TaskHistory {
  readonly n: number;
  /** How it came about. Replays have their task's number; children have no ids if they were never made. */
  readonly origin: "api" | "outbox" | "child" | "replay";
  /** The number of the task whose handler enqueued it. */
  readonly parent?: number;
  readonly kind: (typeof KINDS)[number];
  readonly script: (typeof SCRIPTS)[number];
  readonly fingerprint: string;
  /** The ids that producers returned; empty if it was never accepted. */
  readonly ids: ReadonlySet<string>;
  readonly runs: readonly HandlerRun[];
  readonly deliveries: readonly Delivery[];
  /** The responses to cancels that said what became of them. */
  readonly cancels: readonly Cancel[];
  /** The statuses of requests to run it now. */
  readonly runsNow: readonly number[];
  readonly isRolledBack: boolean;
  /** The fingerprint of another payload that was committed under its key; undefined if none was. */
  readonly contestant?: string;
  readonly received: readonly Received[];
}

/** A response to a cancel, with when it was asked for and when it came, by the machine's clock. */
export interface Cancel {
  /** 0 if there was none. */
  readonly status: number;
  readonly mayHaveRun: boolean;
  readonly askedAt: number;
  readonly at: number;
}

/** Everything that a run left behind. */
export interface Histories {
  readonly run: z.output<typeof runSchema>;
  /** The tasks that were asked for, their children and their replays. */
  readonly tasks: readonly TaskHistory[];
  /** Runs that belong to none of these. */
  readonly strayRuns: readonly HandlerRun[];
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
  const parts: Parts = {
    accepted: Map.groupBy(linesOf(orders, "accepted"), ({ n }) => n),
    rolledBack: new Set(linesOf(orders, "rolled back").map(({ n }) => n)),
    contested: new Map(linesOf(orders, "contested").map((line) => [line.n, line.fingerprint])),
    replayed: Map.groupBy(linesOf(orders, "replayed"), ({ n }) => n),
    runsNow: Map.groupBy(linesOf(orders, "run now"), ({ n }) => n),
    cancels: Map.groupBy(linesOf(orders, "cancelled"), ({ n }) => n),
    deliveries: groupDeliveries(read(folder.deliveries, deliverySchema)),
    runs: groupRuns(filesIn(folder.ledger).flatMap((file) => read(file, ledgerSchema))),
    received: Map.groupBy(read(folder.receiver, receivedSchema), ({ body }) => body.n),
  };
  const tasks = tasksOf(linesOf(orders, "offered"), parts);
  return {
    run: runSchema.parse(JSON.parse(fs.readFileSync(folder.run, "utf8"))),
    tasks,
    strayRuns: strayRunsOf(tasks, { ...parts, refused: new Set(linesOf(orders, "refused").map(({ n }) => n)) }),
    faults: read(folder.faults, faultSchema),
    lives: readLives(folder),
    versions: await readVersions(folder),
    logs: new Map(filesIn(folder.logs).map((file) => [path.basename(file), fs.readFileSync(file, "utf8")])),
  };
}

interface Parts {
  readonly accepted: ReadonlyMap<number, readonly Told<"accepted">[]>;
  readonly rolledBack: ReadonlySet<number>;
  readonly contested: ReadonlyMap<number, string>;
  readonly replayed: ReadonlyMap<number, readonly Told<"replayed">[]>;
  readonly runsNow: ReadonlyMap<number, readonly Told<"run now">[]>;
  readonly cancels: ReadonlyMap<number, readonly Told<"cancelled">[]>;
  readonly deliveries: ReadonlyMap<string, Delivery[]>;
  readonly runs: ReadonlyMap<number, HandlerRun[]>;
  readonly received: ReadonlyMap<number, Received[]>;
}

function tasksOf(offers: readonly Told<"offered">[], parts: Parts): TaskHistory[] {
  const none = { cancels: [], runsNow: [], isRolledBack: false };
  return offers.flatMap(({ payload, kind, fingerprint: asked, by }): TaskHistory[] => {
    const { n, script } = payload;
    const idsOf = (lines: readonly { readonly id: string }[] | undefined) => new Set(lines?.map(({ id }) => id));
    const replays = idsOf(parts.replayed.get(n));
    const seen = (ids: ReadonlySet<string>, number: number) => ({
      ids,
      runs: parts.runs.get(number)?.filter(({ taskId }) => ids.has(taskId)) ?? [],
      deliveries: [...ids].flatMap((id) => parts.deliveries.get(id) ?? []),
      received: parts.received.get(number) ?? [],
    });
    const contestant = parts.contested.get(n);
    const own: TaskHistory = {
      n,
      origin: by,
      kind,
      script,
      fingerprint: asked,
      ...seen(idsOf(parts.accepted.get(n)), n),
      cancels: parts.cancels.get(n) ?? [],
      runsNow: parts.runsNow.get(n)?.map(({ status }) => status) ?? [],
      isRolledBack: parts.rolledBack.has(n),
      ...(contestant === undefined ? {} : { contestant }),
    };
    const children = script === "parent" ? childrenOf(payload) : [];
    return [
      own,
      ...(replays.size === 0
        ? []
        : [{ n, origin: "replay" as const, kind, script, fingerprint: asked, ...seen(replays, n), ...none }]),
      ...children.map((child): TaskHistory => {
        const ids = new Set(parts.runs.get(child.payload.n)?.map(({ taskId }) => taskId));
        const { n: number } = child.payload;
        const is = { origin: "child", parent: n, kind: child.kind, script: child.payload.script } as const;
        return { n: number, ...is, fingerprint: fingerprint(child.payload), ...seen(ids, number), ...none };
      }),
    ];
  });
}

/** Nobody knows whether a task was accepted whose caller gave up. */
function strayRunsOf(
  tasks: readonly TaskHistory[],
  { runs, refused }: Parts & { readonly refused: ReadonlySet<number> },
): HandlerRun[] {
  const known = new Set(tasks.flatMap((task) => task.runs.map(({ run }) => run)));
  const settled = [...runs].filter(([n]) => !refused.has(n));
  return settled.flatMap(([, all]) => all).filter(({ run }) => !known.has(run));
}

function filesIn(folder: string): string[] {
  return fs.existsSync(folder) ? fs.readdirSync(folder).map((name) => path.join(folder, name)) : [];
}
