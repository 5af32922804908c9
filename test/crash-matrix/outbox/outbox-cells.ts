import { status } from "@grpc/grpc-js";
import type { FaultyAnswer } from "../../harness/network/fault-proxy.ts";
import type { ReshardedQueue } from "./resharded-queues.ts";
import type { OutboxKind, OutboxProcess, Plan } from "./outbox-process.ts";
import type { Schedule } from "../../../shared/schedules/schedule.ts";
import type { TaskId } from "../../../shared/contract/task-id.ts";

/** What a subject needs to know of a task. */
interface Acted {
  readonly id: TaskId;
  readonly entryId: string;
  readonly schedule: Schedule;
  post(process: OutboxProcess): Promise<string>;
  deliver(process: OutboxProcess): Promise<string>;
}

/** How a call fails: a row of a table. */
export interface OutboxFault {
  readonly name: string;
  readonly when: "before-effect" | "after-effect";
  readonly answer: FaultyAnswer;
}

const ANSWERS: readonly (readonly [string, FaultyAnswer])[] = [
  ["process killed", "gone"],
  ["UNAVAILABLE", { status: status.UNAVAILABLE }],
  ["stream cut off", "reset"],
];

export const OUTBOX_FAULTS: readonly OutboxFault[] = (["before", "after"] as const).flatMap((when) =>
  ANSWERS.map(([name, answer]) => ({ name: `${name}, ${when}`, when: `${when}-effect`, answer }) as const),
);

/** One await of the relay, of a request that moves a task, or of what a worker does for hops and follow-ups. */
export interface OutboxScenario {
  readonly title: string;
  readonly kind: OutboxKind;
  /** What stands when the subject acts. */
  readonly before:
    | "entry"
    | "queued"
    | "removed"
    | "misnamed"
    | "early"
    | "letter"
    | "due"
    | "unstarted"
    /** The number of shards changes. A caller handed the task over before, meanwhile, to both revisions, or not yet. */
    | "in its queue before"
    | "in its new queue"
    | "in both queues"
    | "in neither queue";
  readonly plan: Plan;
  readonly act: (process: OutboxProcess, story: Acted) => Promise<string>;
  /** What Firestore or Cloud Tasks is asked, and how many calls of that kind the subject makes first. */
  readonly at: {
    readonly proxy: "store" | "tasks";
    readonly rpc: string;
    readonly skip?: number;
    /** If only calls about one of the task's two queues count, which. */
    readonly queue?: ReshardedQueue;
  };
  /** How the task must end. */
  readonly end: "succeeded" | "cancelled" | "none" | "dead";
}

/** Where a task stands while the number of shards changes. */
export const RESHARDED: ReadonlySet<OutboxScenario["before"]> = new Set([
  "in its queue before",
  "in its new queue",
  "in both queues",
  "in neither queue",
]);

const relay = (process: OutboxProcess, { entryId }: Acted) => process.relay(entryId);
const run = (process: OutboxProcess, { id }: Acted) => process.run(id);
const cancel = (process: OutboxProcess, { id }: Acted) => process.cancel(id);
const replay = (process: OutboxProcess, { id }: Acted) => process.replay(id);
const tick = (process: OutboxProcess, { schedule }: Acted) => process.tick(schedule);
const turnOff = (process: OutboxProcess, { schedule }: Acted) => process.tick(schedule, { isOff: true });
const post = (process: OutboxProcess, story: Acted) => story.post(process);
const deliver = (process: OutboxProcess, story: Acted) => story.deliver(process);

const READ = { proxy: "store", rpc: "BatchGetDocuments" } as const;
const COMMIT = { proxy: "store", rpc: "Commit" } as const;
const CREATE = { proxy: "tasks", rpc: "CreateTask" } as const;
const FIND = { proxy: "tasks", rpc: "GetTask" } as const;
const DELETE = { proxy: "tasks", rpc: "DeleteTask" } as const;

const RELAY = { kind: "claim", before: "entry", plan: "succeeds", act: relay, end: "succeeded" } as const;
const RUN = { ...RELAY, before: "queued", act: run } as const;
const CANCEL = { ...RELAY, act: cancel, end: "cancelled" } as const;
const REPLAY = { ...RELAY, before: "letter", plan: "dies", act: replay, end: "dead" } as const;
const TICK = { ...RELAY, before: "due", act: tick } as const;
const POST = { ...RELAY, before: "in both queues", act: post } as const;
const RESHARDED_CANCEL = { ...CANCEL, kind: "natural", before: "in both queues" } as const;
const RESHARDED_RUN = { ...RUN, kind: "natural", before: "in both queues" } as const;
const WORK = { ...RELAY, before: "queued", act: deliver } as const;

export const OUTBOX_SCENARIOS: readonly OutboxScenario[] = [
  { ...RELAY, title: "relay: the read of the entry", at: READ },
  { ...RELAY, title: "relay: the call that creates the task", at: CREATE },
  { ...RELAY, title: "relay: the commit that deletes the entry", at: COMMIT },
  { ...RELAY, title: "relay: the look at a name that is taken", before: "removed", at: FIND },
  {
    ...RELAY,
    title: "relay: the read of the record when the name is taken",
    before: "removed",
    at: { ...READ, skip: 1 },
  },
  { ...RELAY, title: "relay: the commit that puts an entry off", before: "removed", at: COMMIT },
  { ...RELAY, title: "relay: the commit that refuses an entry", before: "misnamed", at: COMMIT, end: "none" },
  { ...RUN, title: "run now: the read of the record", at: READ },
  { ...RUN, title: "run now: the commit", at: COMMIT },
  { ...RUN, title: "run now: the call that deletes the old hop", at: DELETE },
  { ...RUN, title: "run now, natural: the call that deletes the old hop", kind: "natural", at: DELETE },
  { ...RUN, title: "run now: the call that creates the next hop", at: CREATE },
  { ...RUN, title: "run now: the commit that deletes its entry", at: { ...COMMIT, skip: 1 } },
  { ...CANCEL, title: "cancel of an entry: the query for it", at: { proxy: "store", rpc: "RunQuery" } },
  { ...CANCEL, title: "cancel of an entry: the commit", at: COMMIT },
  { ...CANCEL, title: "cancel of an entry: the call that deletes the task", at: DELETE },
  { ...TICK, title: "tick: the read of the schedules", at: { proxy: "store", rpc: "RunQuery" } },
  { ...TICK, title: "tick: the commit that starts a schedule", before: "unstarted", at: COMMIT, end: "none" },
  { ...TICK, title: "tick: the commit that turns a schedule off", act: turnOff, at: COMMIT, end: "none" },
  { ...TICK, title: "tick: the commit that fires a schedule", at: COMMIT },
  { ...TICK, title: "tick: the read of the entry", at: READ },
  { ...TICK, title: "tick: the call that creates the task", at: CREATE },
  { ...TICK, title: "tick: the commit that deletes its entry", at: { ...COMMIT, skip: 1 } },
  { ...POST, title: "resharding, repeated: GetTask, before", at: { ...FIND, queue: "before" } },
  { ...POST, title: "resharding, repeated: the read of the record", at: READ },
  {
    ...POST,
    title: "resharding, repeated, in its new queue: GetTask, before",
    before: "in its new queue",
    at: { ...FIND, queue: "before" },
  },
  {
    ...POST,
    title: "resharding, repeated, in its new queue: CreateTask",
    before: "in its new queue",
    at: CREATE,
  },
  {
    ...POST,
    title: "resharding, repeated, in its new queue: GetTask, before, again",
    before: "in its new queue",
    at: { ...FIND, queue: "before", skip: 1 },
  },
  {
    ...POST,
    title: "resharding, repeated, in its new queue: GetTask, new",
    before: "in its new queue",
    at: { ...FIND, queue: "new" },
  },
  { ...POST, title: "resharding, the first time: GetTask, before", before: "in neither queue", at: FIND },
  { ...POST, title: "resharding, the first time: CreateTask", before: "in neither queue", at: CREATE },
  {
    ...RESHARDED_CANCEL,
    title: "resharding, cancel: DeleteTask, before",
    at: { ...DELETE, queue: "before" },
  },
  {
    ...RESHARDED_CANCEL,
    title: "resharding, cancel: DeleteTask, new",
    at: { ...DELETE, queue: "new" },
  },
  {
    ...RESHARDED_RUN,
    title: "resharding, run now: GetTask, before",
    kind: "claim",
    before: "in its queue before",
    at: { ...FIND, queue: "before" },
  },
  {
    ...RESHARDED_RUN,
    title: "resharding, run now: GetTask, new",
    kind: "claim",
    before: "in its queue before",
    at: { ...FIND, queue: "new" },
  },
  {
    ...RESHARDED_RUN,
    title: "resharding, run now: DeleteTask, before",
    at: { ...DELETE, queue: "before" },
  },
  {
    ...RESHARDED_RUN,
    title: "resharding, run now: DeleteTask, new",
    at: { ...DELETE, queue: "new" },
  },
  { ...REPLAY, title: "replay: the read of the letter", at: READ },
  { ...REPLAY, title: "replay: the commit", at: COMMIT },
  { ...REPLAY, title: "replay: the call that creates the task", at: CREATE },
  { ...REPLAY, title: "replay: the commit that deletes its entry", at: { ...COMMIT, skip: 1 } },
  { ...WORK, title: "hop: the commit of a retry with a time of its own", plan: "waits", at: { ...COMMIT, skip: 1 } },
  { ...WORK, title: "hop: the commit of a snooze", plan: "snoozes", at: { ...COMMIT, skip: 1 } },
  { ...WORK, title: "hop, transaction: the commit of a snooze", kind: "transaction", plan: "snoozes", at: COMMIT },
  { ...WORK, title: "hop, natural: the commit of a snooze", kind: "natural", plan: "snoozes", at: COMMIT },
  { ...WORK, title: "hop: the call that creates the next hop", plan: "snoozes", at: CREATE },
  { ...WORK, title: "early delivery: the read", before: "early", at: READ },
  { ...WORK, title: "early delivery: the commit", before: "early", at: COMMIT },
  { ...WORK, title: "follow-ups: the commit with the end of a claim", plan: "enqueues", at: { ...COMMIT, skip: 1 } },
  {
    ...WORK,
    title: "follow-ups: the commit with the end of a transaction",
    kind: "transaction",
    plan: "enqueues",
    at: COMMIT,
  },
  { ...WORK, title: "follow-ups: the call that relays one", plan: "enqueues", at: CREATE },
  {
    ...WORK,
    title: "follow-ups, natural: the call that creates one",
    kind: "natural",
    plan: "enqueues",
    at: CREATE,
    end: "none",
  },
];
