import * as z from "zod";
import { KINDS, payloadSchema } from "../../load/task-types.ts";

export const orderSchema = z.discriminatedUnion("what", [
  z.object({
    what: z.literal("offered"),
    n: z.number(),
    payload: payloadSchema,
    kind: z.enum(KINDS),
    fingerprint: z.string(),
    by: z.enum(["api", "outbox"]),
    at: z.number(),
  }),
  z.object({ what: z.literal("accepted"), n: z.number(), id: z.string(), status: z.number(), at: z.number() }),
  z.object({ what: z.literal("refused"), n: z.number(), at: z.number() }),
  z.object({ what: z.literal("rolled back"), n: z.number(), at: z.number() }),
  z.object({ what: z.literal("contested"), n: z.number(), fingerprint: z.string(), at: z.number() }),
  z.object({ what: z.literal("replayed"), n: z.number(), id: z.string(), status: z.number(), at: z.number() }),
  z.object({ what: z.literal("run now"), n: z.number(), status: z.number(), at: z.number() }),
  z.object({
    what: z.literal("cancelled"),
    n: z.number(),
    status: z.number(),
    mayHaveRun: z.boolean(),
    askedAt: z.number(),
    at: z.number(),
  }),
]);

/** Something that a caller asked for, and the response, in the order in which they were recorded. */
export type OrderLine = z.output<typeof orderSchema>;
export type Told<What extends OrderLine["what"]> = Extract<OrderLine, { what: What }>;

export const deliverySchema = z.discriminatedUnion("what", [
  z.object({
    what: z.literal("sent"),
    id: z.string(),
    taskId: z.string(),
    hop: z.number(),
    slot: z.number(),
    pid: z.number(),
    at: z.number(),
  }),
  z.object({ what: z.literal("ended"), id: z.string(), status: z.number(), outcome: z.string(), at: z.number() }),
]);

export const ledgerSchema = z.discriminatedUnion("what", [
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

export const receivedSchema = z.object({
  key: z.string(),
  applied: z.boolean(),
  at: z.number(),
  body: z.object({ n: z.number(), fingerprint: z.string(), run: z.string() }),
});

/** What reached the outside receiver. */
export type Received = z.output<typeof receivedSchema>;

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
  readonly hop: number;
  readonly sentAt: number;
  endedAt?: number;
  /** 0 if there was no response. */
  status?: number;
  outcome?: string;
}

/** The lines of one kind. */
export function linesOf<What extends OrderLine["what"]>(orders: readonly OrderLine[], what: What): Told<What>[] {
  return orders.filter((order): order is Told<What> => order.what === what);
}

/** Deliveries by the task's id. */
export function groupDeliveries(lines: readonly z.output<typeof deliverySchema>[]): Map<string, Delivery[]> {
  const byId = new Map<string, Delivery>();
  const byTask = new Map<string, Delivery[]>();
  for (const line of lines) {
    if (line.what === "sent") {
      const delivery: Delivery = { pid: line.pid, hop: line.hop, sentAt: line.at };
      byId.set(line.id, delivery);
      byTask.set(line.taskId, [...(byTask.get(line.taskId) ?? []), delivery]);
    } else {
      Object.assign(byId.get(line.id) ?? {}, { endedAt: line.at, status: line.status, outcome: line.outcome });
    }
  }
  return byTask;
}

/** Runs by task number, in the order in which they began. */
export function groupRuns(lines: readonly z.output<typeof ledgerSchema>[]): Map<number, HandlerRun[]> {
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
