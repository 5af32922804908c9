import type { DocumentData, Timestamp } from "@google-cloud/firestore";
import type { TestContext } from "vitest";
import { type Envelope, sealEnvelope } from "../../../shared/contract/envelope.ts";
import { randomTaskId } from "../../../shared/contract/task-id.ts";
import type { TaskType } from "../../../shared/contract/task-type.ts";
import { DEAD_LETTERS } from "../../../shared/records/letters/dead-letter.ts";
import { TASK_RECORDS, parseTaskRecord } from "../../../shared/records/task-record.ts";
import { deliverWebhook } from "../../../shared/tasks/webhook-deliver.ts";
import { startKeyServer } from "../../harness/auth/key-server.ts";
import { AUDIENCE, INVOKER, KEY } from "../../harness/auth/token-rules.ts";
import { identityClaims, signToken } from "../../harness/auth/tokens.ts";
import { CALLER } from "../../harness/worker/worker-harness.ts";
import type { Subscriber } from "./subscribers.ts";
import { type Revision, startSurroundings } from "./surroundings.ts";

/** The body of a delivery: an envelope, with any fields that a later revision may give it. */
type Body = { readonly id: string; readonly type: string; readonly [field: string]: unknown };

interface DeliveryOptions {
  /** How often Cloud Tasks has tried before. Default 0. */
  readonly retryCount?: number;
  /** The task's name in Cloud Tasks. Default: its id. */
  readonly name?: string;
}

/** A document as it is stored, whether or not today's revision can read it. */
interface Stored {
  readonly fields: DocumentData;
  readonly updateTime: Timestamp | undefined;
}

/** Workers of some revisions, each a process of its own, over one Firestore. */
export async function startWorkers(context: TestContext, revisions: readonly Revision[]) {
  const surroundings = await startSurroundings(context);
  const { db, cleanUps, startWorker } = surroundings;
  const keyServer = await startKeyServer([KEY]);
  cleanUps.push(() => keyServer.close());
  const starting = revisions.map(async (revision) => [revision, await startWorker(revision, keyServer.url)] as const);
  const urls = new Map(await Promise.all(starting));
  const token = signToken(KEY, identityClaims({ audience: AUDIENCE, email: INVOKER, nowMs: Date.now() }));

  const stored = async (collection: string, id: string): Promise<Stored | null> => {
    const snapshot = await db.collection(collection).doc(id).get();
    const fields = snapshot.data();
    return fields ? { fields, updateTime: snapshot.updateTime } : null;
  };
  const deliver = (to: Revision, body: Body, options: DeliveryOptions = {}): Promise<string> => {
    const { retryCount = 0, name = body.id } = options;
    const headers = {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "x-cloudtasks-queuename": body.id.slice(body.id.indexOf("-") + 1),
      "x-cloudtasks-taskname": name,
      "x-cloudtasks-taskretrycount": String(retryCount),
    };
    const url = `${urls.get(to)}/tasks/${body.type}`;
    const ending = fetch(url, { method: "POST", headers, body: JSON.stringify(body) }).then(
      (response) => `${response.status} ${response.headers.get("Handoff-Outcome")}`,
    );
    // A test that fails while a delivery is held no longer waits for it.
    ending.catch(() => undefined);
    return ending;
  };
  return {
    ...surroundings,
    /** Delivers a task as Cloud Tasks does. Resolves with the status and the outcome that the response names. */
    deliver,
    /** Delivers a webhook to a subscriber that holds it. Resolves once it has arrived, with what answers it. */
    deliverHeld: async (to: Revision, task: Body, subscriber: Subscriber) => {
      const held = subscriber.nextHeld();
      const underWay = deliver(to, task, { retryCount: 1 });
      const tooEarly = underWay.then((ending) => {
        throw new Error(`The delivery ended with ${ending}, and no webhook was held.`);
      });
      return { underWay, answer: await Promise.race([held, tooEarly]) };
    },
    storedRecord: (task: Body) => stored(TASK_RECORDS, task.id),
    /** A task's record as today's revision reads it. */
    recordOf: async (task: Body) => {
      const record = await stored(TASK_RECORDS, task.id);
      return record ? parseTaskRecord(record.fields) : null;
    },
    /** Lays fields over those of a task's record. */
    changeRecord: async (task: Body, fields: DocumentData): Promise<void> => {
      await db.collection(TASK_RECORDS).doc(task.id).update(fields);
    },
    /** The dead letters about a task, by id. */
    lettersOf: async (task: Body): Promise<ReadonlyMap<string, Stored>> => {
      const { docs } = await db.collection(DEAD_LETTERS).where("taskId", "==", task.id).get();
      return new Map(docs.map((doc) => [doc.id, { fields: doc.data(), updateTime: doc.updateTime }]));
    },
  };
}

export type Workers = Awaited<ReturnType<typeof startWorkers>>;

/** A task in its envelope, as today's producer seals it. */
export function seal(
  taskType: Pick<TaskType, "type" | "queue" | "idempotency">,
  payload: Envelope["payload"],
): Envelope {
  const { type } = taskType;
  return sealEnvelope({ id: randomTaskId(taskType), type, payload, caller: CALLER, enqueuedAtMs: Date.now() });
}

/** A webhook for a subscriber. */
export function sealWebhook(url: string): Envelope {
  return seal(deliverWebhook, { url, event: "order.paid", data: null });
}
