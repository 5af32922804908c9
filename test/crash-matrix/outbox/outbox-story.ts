import { type Firestore, Timestamp } from "@google-cloud/firestore";
import type { CloudTasksClient } from "@google-cloud/tasks";
import { randomUUID } from "node:crypto";
import { type Envelope, envelopeSchema } from "../../../shared/contract/envelope.ts";
import { hashPayload } from "../../../shared/contract/payload-hash.ts";
import type { DeployedQueues } from "../../../shared/contract/queues.ts";
import { type TaskId, type TaskOrigin, deriveTaskId } from "../../../shared/contract/task-id.ts";
import { TASK_OUTBOX, entryFields, newTaskEntryId } from "../../../shared/outbox/entry.ts";
import { DEAD_LETTERS } from "../../../shared/records/letters/dead-letter.ts";
import { type Schedule, defineSchedule } from "../../../shared/schedules/schedule.ts";
import { TASK_SCHEDULES } from "../../../shared/schedules/task-schedules.ts";
import { TASK_RECORDS } from "../../../shared/records/task-record.ts";
import type { OutboxFault, OutboxScenario } from "./outbox-cells.ts";
import {
  type Doings,
  type Emulators,
  type OutboxKind,
  type OutboxProcess,
  CALLER,
  OUTBOX_TASKS,
  startOutboxProcess,
} from "./outbox-process.ts";
import { QUEUE_PATHS, isMoved, queueNameOf } from "./resharded-queues.ts";

/** What the stories share. */
export interface OutboxWorld {
  readonly emulators: Emulators;
  readonly db: Firestore;
  readonly client: CloudTasksClient;
  readonly doings: Doings;
  /** A process that no fault hits. */
  readonly other: OutboxProcess;
  /** One of the revision before a change of shards, if there is one. */
  readonly earlier: OutboxProcess | null;
  /** What the revision of the first two knows. */
  readonly queues: DeployedQueues;
}

const [DEFAULT_QUEUE = ""] = QUEUE_PATHS;
const HOUR_MS = 3_600_000;
/** A hop's entry is relayed, and its task delivered, a round later than what made it. */
const MAX_ROUNDS = 6;

/** One task: how it came to where the fault meets it, and how it goes on from there. */
class OutboxStory {
  readonly id: TaskId;
  readonly entryId: string;
  /** Due once a year: it has been due once since it started. */
  readonly schedule: Schedule;
  readonly violations: string[] = [];
  readonly #world: OutboxWorld;
  readonly #scenario: OutboxScenario;
  readonly #origin: TaskOrigin;
  readonly #payload = { n: randomUUID() };
  readonly #key: string;
  readonly #deliveries = new Map<string, number>();

  constructor(world: OutboxWorld, scenario: OutboxScenario) {
    this.#world = world;
    this.#scenario = scenario;
    const taskType = OUTBOX_TASKS[scenario.kind];
    const name = `s${this.#payload.n}`;
    this.schedule = defineSchedule({
      name,
      cron: "0 0 1 1 *",
      timeZone: "Etc/UTC",
      task: taskType,
      payload: this.#payload,
    });
    this.#key = keyOfMoved(taskType);
    this.#origin = this.#originOf(taskType.type);
    this.id = deriveTaskId(this.#origin, taskType);
    this.entryId = newTaskEntryId(this.id, hashPayload(this.#payload));
    world.doings.plans.set(this.id, scenario.plan);
  }

  get #isScheduled(): boolean {
    return this.#scenario.before === "due" || this.#scenario.before === "unstarted";
  }

  get #isTurnedOff(): boolean {
    return this.#scenario.before === "due" && this.#scenario.end === "none";
  }

  #originOf(type: string): TaskOrigin {
    if (this.#world.earlier) return originOf(this.#key, type);
    if (!this.#isScheduled) return ["outbox", type, this.#payload.n];
    return ["schedule", this.schedule.name, `${new Date().getUTCFullYear()}-01-01T00:00Z`];
  }

  /** A caller hands the task over. */
  async post(process: OutboxProcess): Promise<string> {
    return await process.post(this.#scenario.kind, { n: this.#payload.n, key: this.#key });
  }

  /** Brings the task to where the subject finds it. */
  async prepare(): Promise<void> {
    const { before } = this.#scenario;
    const { other, earlier, client } = this.#world;
    if (before === "unstarted") return;
    if (earlier) {
      if (before === "in its new queue" || before === "in both queues") await this.post(other);
      // This one knows the queue before only.
      if (before === "in its queue before" || before === "in both queues") await this.post(earlier);
      return;
    }
    if (before === "due") return this.#startAYearAgo();
    await this.#enter(before === "early" ? new Date(Date.now() + HOUR_MS).toISOString() : undefined);
    if (before === "entry" || before === "misnamed") return;
    await other.relay(this.entryId);
    if (before === "removed") {
      await this.#enter(undefined);
      await client.deleteTask({ name: `${DEFAULT_QUEUE}/tasks/${this.id}` });
    }
    if (before === "letter") await this.deliver(other);
  }

  async #startAYearAgo(): Promise<void> {
    const { name, cron, timeZone } = this.schedule;
    const startedAt = Timestamp.fromMillis(Date.now() - 365 * 24 * HOUR_MS);
    await this.#world.db.collection(TASK_SCHEDULES).doc(name).set({ cron, timeZone, startedAt });
  }

  async #enter(notBefore: string | undefined): Promise<void> {
    const isMisnamed = this.#scenario.before === "misnamed";
    const { type } = OUTBOX_TASKS[this.#scenario.kind];
    const entry = {
      taskId: this.id,
      type,
      payloadJson: JSON.stringify(this.#payload),
      origin: isMisnamed ? (["outbox", type, "another"] as const) : this.#origin,
      caller: "local",
      enqueuedAt: new Date().toISOString(),
      hop: 0,
      notBefore,
    };
    await this.#world.db.collection(TASK_OUTBOX).doc(this.entryId).set(entryFields(entry));
  }

  /** Delivers the task's last hop that is in one of its queues; Cloud Tasks deletes what is answered 2xx. */
  async deliver(process: OutboxProcess, id: string = this.id): Promise<string> {
    const { client } = this.#world;
    const name = (await this.#namesOf(id)).at(-1);
    if (name === undefined) return "nothing there";
    const [task] = await client.getTask({ name, responseView: "FULL" });
    const body = task.httpRequest?.body ?? "";
    const envelope: Envelope = envelopeSchema.parse(JSON.parse(Buffer.from(body).toString("utf8")));
    const retryCount = this.#deliveries.get(name) ?? 0;
    this.#deliveries.set(name, retryCount + 1);
    const queue = name.split("/").at(-3) ?? "";
    const said = await process.deliver(envelope, { queue, retryCount });
    if (!/^[0-9]{3}$/.test(said)) await client.deleteTask({ name }).catch(() => undefined);
    return said;
  }

  /** In the order of their hops. */
  async #namesOf(id: string): Promise<string[]> {
    const { client } = this.#world;
    const paths = this.#world.earlier ? QUEUE_PATHS : [DEFAULT_QUEUE];
    const inQueues = await Promise.all(paths.map(async (parent) => (await client.listTasks({ parent }))[0]));
    const ownPart = (name: string): string => name.split("/").at(-1) ?? "";
    return inQueues
      .flat()
      .map(({ name }) => name ?? "")
      .filter((name) => ownPart(name).startsWith(id))
      .toSorted((a, b) => ownPart(a).localeCompare(ownPart(b)));
  }

  async #entryIds(id: string): Promise<string[]> {
    const entries = await this.#world.db.collection(TASK_OUTBOX).listDocuments();
    return entries.map((one) => one.id).filter((one) => one.startsWith(`${id}.`));
  }

  /** What the sweep, Cloud Tasks and whoever asked do when all is well again, until the task is over. */
  async finish(): Promise<void> {
    const { other, doings } = this.#world;
    doings.plans.set(this.id, this.#scenario.plan === "enqueues" ? "enqueues" : "succeeds");
    if (this.#scenario.before === "early") await other.run(this.id);
    if (this.#isScheduled) await other.tick(this.schedule, { isOff: this.#isTurnedOff });
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const ids = [this.id, ...(await this.#followers())];
      for (const id of ids) {
        for (const entryId of await this.#entryIds(id)) await other.relay(entryId);
        // What a task was put off by here is no more than a delivery may be early by.
        const said = await this.deliver(other, id);
        if (said === "409") await this.#endLease();
      }
    }
  }

  /** As if it had been claimed long ago. */
  async #endLease(): Promise<void> {
    const record = this.#world.db.collection(TASK_RECORDS).doc(this.id);
    await record.update({ claimedAt: Timestamp.fromMillis(Date.now() - HOUR_MS) });
  }

  /** The tasks that follow this one: its children, and the replay of its letter. */
  async #followers(): Promise<string[]> {
    const { db } = this.#world;
    const { kind, plan } = this.#scenario;
    if (plan === "enqueues") {
      return [deriveTaskId(["child", this.id, OUTBOX_TASKS.child.type, "one"], OUTBOX_TASKS.child)];
    }
    const letter = await db.collection(DEAD_LETTERS).doc(this.id).get();
    const diedAt: unknown = letter.get("diedAt");
    if (!(diedAt instanceof Timestamp)) return [];
    return [deriveTaskId(["replay", this.id, `1 ${diedAt.toDate().toISOString()}`], OUTBOX_TASKS[kind])];
  }

  /** How it ended, and what that violates. */
  async end(): Promise<string> {
    const { db, doings, earlier } = this.#world;
    const { end, kind, before } = this.#scenario;
    const record = await db.collection(TASK_RECORDS).doc(this.id).get();
    const state = String(record.get("state") ?? "none");
    const runsOf = (id: string): number => doings.runs.filter((one) => one === id).length;
    const followers = await this.#followers();
    const left = (await Promise.all([this.id, ...followers].map((id) => this.#entryIds(id)))).flat();
    const must = (holds: boolean, what: string): void => void (holds || this.violations.push(what));
    // A removed task's name isn't free for hours, so its entry waits.
    const waits = before === "removed";
    must(left.length === (waits ? 1 : 0), `leaves ${left.length} entries`);
    const mayBeUnrecorded = kind === "natural" && end === "succeeded" && state === "none";
    must(state === (waits ? "none" : end) || mayBeUnrecorded, `ends ${state}, not ${waits ? "none" : end}`);
    must(end !== "cancelled" || runsOf(this.id) === 0, "runs although it is cancelled");
    for (const id of followers) must(runsOf(id) === 1, `what follows runs ${runsOf(id)} times`);
    must(followers.length === (["enqueues", "dies"].includes(this.#scenario.plan) ? 1 : 0), "has its followers");
    if (this.#isScheduled) {
      const document = db.collection(TASK_SCHEDULES).doc(this.schedule.name);
      const state = (await document.get()).data();
      // The next story's ticks would turn it off.
      await document.delete();
      const isOff = state?.["off"] === true;
      must(before !== "due" || isOff === this.#isTurnedOff, isOff ? "is off" : "is not off");
      must(before !== "due" || this.#isTurnedOff || state?.["lastTaskId"] === this.id, "is not remembered");
      must(state?.["startedAt"] instanceof Timestamp, "has not started");
    }
    if (earlier) must((await this.#namesOf(this.id)).length === 0, "is left in a queue");
    if (earlier && kind !== "natural") must(runsOf(this.id) === 1, "doesn't run once");
    if (before === "misnamed") {
      const letters = await db.collection(DEAD_LETTERS).where("taskId", "==", this.id).get();
      must(letters.size === 1, `has ${letters.size} letters`);
    }
    return `${state.slice(0, 1).toUpperCase()}${runsOf(this.id)}/${record.get("attempts") ?? "-"} h${record.get("hop") ?? 0}`;
  }
}

/** An idempotency key whose task has another queue after the change of shards. */
function keyOfMoved(taskType: (typeof OUTBOX_TASKS)[OutboxKind]): string {
  for (;;) {
    const key = randomUUID();
    if (isMoved(deriveTaskId(originOf(key, taskType.type), taskType))) return key;
  }
}

function originOf(key: string, type: string): TaskOrigin {
  return ["key", CALLER, type, key];
}

/** The response to whoever met the fault, or if nobody knows, to the repeated request; and the end. */
export async function playOutboxCell(world: OutboxWorld, scenario: OutboxScenario, fault: OutboxFault) {
  const story = new OutboxStory(world, scenario);
  await story.prepare();
  const subject = await startOutboxProcess(world.emulators, world.doings, world.queues);
  const { proxy, rpc, skip = 0, queue } = scenario.at;
  const about = queue && `/queues/${queueNameOf(story.id, queue)}/`;
  const injected = subject[proxy].inject({ rpc, about, skip, when: fault.when, answer: fault.answer });
  const acting = scenario.act(subject, story).catch((error: unknown) => `threw ${String(error)}`);
  const never = acting.then(async (said) => {
    // The subject may hear of the fault before it is reported here.
    await subject[proxy].waitUntilQuiet();
    throw new Error(`${scenario.title}, ${fault.name}: answered ${said} before it came to the call.`);
  });
  never.catch(() => undefined);
  await Promise.race([injected, never]);
  if (fault.answer === "gone") subject.sever();
  const answer = fault.answer === "gone" ? "†" : await acting;
  // Google's client asks again after two seconds or more, so it depends on chance whether a request hears of that in time.
  const isUnknown = answer === "unclear" || answer === "503";
  const asked = answer === "†" || isUnknown ? await scenario.act(world.other, story) : "";
  const again = isUnknown && scenario.before === "letter" && asked === "replayed" ? "accepted" : asked;
  await story.finish();
  const end = await story.end();
  await subject.discard();
  return {
    entry: [isUnknown ? "" : answer, again, end].filter((part) => part !== "").join(" "),
    violations: story.violations,
  };
}
