import type { Firestore } from "@google-cloud/firestore";
import { type Client, createClient } from "handoff-client/outbox";
import * as z from "zod";
import { serveHttp } from "../../../shared/http/server.ts";
import { platformVariables, portVariable, readConfig } from "../../../shared/runtime/config.ts";
import { createFirestore } from "../../../shared/runtime/google-clients.ts";
import { createLogger } from "../../../shared/runtime/log.ts";
import { type RunningProgram, runProgram } from "../../../shared/runtime/program.ts";
import { type Order, ordersSchema } from "../load/orders.ts";
import { CHAOS_REGISTRY } from "../load/task-types.ts";

/** An application: each of its orders is a document of its own, committed together with a task. */
const configSchema = z.object({ ...platformVariables, PORT: portVariable, PRODUCER_URL: z.url() });

/** An application's own documents, by the order's number. */
const ORDERS = "chaosOrders";
/** Exists, so that a commit that creates it is refused. */
const TAKEN = "taken";

class RolledBack extends Error {}

/** ALREADY_EXISTS. */
const EXISTS = 6;

async function start(): Promise<RunningProgram> {
  const config = readConfig(configSchema, process.env);
  const log = createLogger({ service: "application", level: config.LOG_LEVEL });
  const db = createFirestore(config);
  await db.collection(ORDERS).doc(TAKEN).set({});
  const handoff = createClient({ url: config.PRODUCER_URL, auth: null, outbox: { db } });
  const server = await serveHttp({
    port: config.PORT,
    host: "127.0.0.1",
    async fetch(request) {
      const orders = ordersSchema.parse(await request.json());
      return Response.json(await Promise.all(orders.map((order) => place(order, { db, handoff }))));
    },
  });
  return { log, stop: () => server.close() };
}

/** Places an order. Null: it was rolled back. An order that was placed before isn't placed again. */
async function place(
  order: Order,
  { db, handoff }: { readonly db: Firestore; readonly handoff: Client },
): Promise<{ readonly n: number; readonly id: string | null }> {
  const { type, payload, key, delaySeconds, rollBack } = order;
  const { n } = payload;
  const taskType = CHAOS_REGISTRY.types.get(type);
  if (!taskType) throw new TypeError(`There is no type ${type}.`);
  try {
    const id = await handoff.transaction(async (transaction) => {
      const document = db.collection(ORDERS).doc(`n${n}`);
      const before: unknown = (await transaction.get(document)).get("taskId");
      if (typeof before === "string") return before;
      const taskId = handoff.enqueueIn(transaction, taskType, payload, {
        idempotencyKey: key,
        ...(delaySeconds > 0 ? { delaySeconds } : {}),
      });
      transaction.set(document, { taskId, type });
      if (rollBack === "throw") throw new RolledBack();
      if (rollBack === "refused") transaction.create(db.collection(ORDERS).doc(TAKEN), {});
      return taskId;
    });
    return { n, id };
  } catch (error) {
    const isOnPurpose = error instanceof RolledBack || (rollBack === "refused" && isAlreadyThere(error));
    if (isOnPurpose) return { n, id: null };
    throw error;
  }
}

function isAlreadyThere(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === EXISTS;
}

await runProgram({ start, portVariable: "PORT" });
