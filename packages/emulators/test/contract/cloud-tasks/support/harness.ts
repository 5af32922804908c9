import { CloudTasksClient } from "@google-cloud/tasks";
import { PassThroughClient } from "google-auth-library";
import { onTestFinished } from "vitest";
import { startCloudTasksEmulator } from "../../../../src/cloud-tasks/emulator.ts";
import type { CloudTasksEmulator, CloudTasksEmulatorOptions } from "../../../../src/cloud-tasks/emulator-options.ts";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { type LogEntry, recordingLog } from "../../../support/recorded-log.ts";
import { type Receiver, startReceiver } from "./receiver.ts";

export const PARENT = "projects/my-project/locations/europe-west1";

/** What the emulator logs at the end of an attempt. */
interface AttemptLine {
  readonly queue: string;
  readonly task: string;
  readonly attempt: number;
  readonly status: number | string;
  readonly nextInMs?: number;
  readonly message: string;
}

/** An emulator with Google's client and a target, all on loopback, until the test ends. */
export interface Harness {
  readonly emulator: CloudTasksEmulator;
  readonly client: CloudTasksClient;
  readonly receiver: Receiver;
  readonly attempts: readonly AttemptLine[];
  /** Resolves once this many attempts have ended in all. */
  attemptsEnded(count: number): Promise<void>;
}

type QueueSettings = NonNullable<Parameters<CloudTasksClient["createQueue"]>[0]>["queue"];
type TaskSettings = NonNullable<NonNullable<Parameters<CloudTasksClient["createTask"]>[0]>["task"]>;

/** How Google's client calls the emulator; both use one port. */
export const TRANSPORTS = ["grpc", "rest"] as const;
type Transport = (typeof TRANSPORTS)[number];

/** Starts a harness, by default on the wall clock. `onLog` is called with all that the emulator logs. */
export async function startHarness({
  onLog = () => undefined,
  ...options
}: CloudTasksEmulatorOptions & {
  readonly transport?: Transport;
  readonly onLog?: (entry: LogEntry) => void;
} = {}): Promise<Harness> {
  const receiver = await startReceiver();
  const watched = watchAttempts(onLog);
  const emulator = await startCloudTasksEmulator({ stopGraceMs: 0, ...options, log: watched.log });
  const client =
    options.transport === "rest" ? createRestClient(emulator) : new CloudTasksClient(emulator.clientOptions());
  onTestFinished(async () => {
    await client.close();
    await receiver.close();
    const stopping = emulator.stop();
    if (options.clock instanceof VirtualClock) await options.clock.advance(options.stopGraceMs ?? 0);
    await stopping;
  });
  return { emulator, client, receiver, attempts: watched.attempts, attemptsEnded: watched.ended };
}

/** Google's client in its REST mode. */
function createRestClient({ host, port }: CloudTasksEmulator): CloudTasksClient {
  const authClient = new PassThroughClient();
  return new CloudTasksClient({ fallback: "rest", protocol: "http", apiEndpoint: host, port, authClient });
}

/** Creates a queue and returns its name. */
export async function createQueue(
  { client }: Pick<Harness, "client">,
  queueId = "default",
  settings: QueueSettings = {},
): Promise<string> {
  const name = `${PARENT}/queues/${queueId}`;
  await client.createQueue({ parent: PARENT, queue: { ...settings, name } });
  return name;
}

/** Creates a task for the harness's receiver and returns its name. */
export async function createTask(
  { client, receiver }: Pick<Harness, "client" | "receiver">,
  queue: string,
  settings: TaskSettings & { id?: string; dueMs?: number } = {},
): Promise<string> {
  const { id, dueMs, ...task } = settings;
  const [created] = await client.createTask({
    parent: queue,
    task: {
      httpRequest: { url: `${receiver.url}/work`, httpMethod: "POST" },
      ...(id === undefined ? {} : { name: `${queue}/tasks/${id}` }),
      ...(dueMs === undefined
        ? {}
        : { scheduleTime: { seconds: Math.floor(dueMs / 1000), nanos: (dueMs % 1000) * 1e6 } }),
      ...task,
    },
  });
  return created.name ?? "";
}

function isAttempt(entry: LogEntry): entry is LogEntry & AttemptLine {
  return "attempt" in entry;
}

function watchAttempts(noteAll: (entry: LogEntry) => void) {
  const attempts: AttemptLine[] = [];
  let waiting: { count: number; resolve: () => void }[] = [];
  const note = (entry: LogEntry): void => {
    noteAll(entry);
    if (!isAttempt(entry)) return;
    attempts.push(entry);
    for (const { count, resolve } of waiting) if (attempts.length >= count) resolve();
    waiting = waiting.filter(({ count }) => attempts.length < count);
  };
  return {
    log: recordingLog(note),
    attempts,
    ended: (count: number): Promise<void> =>
      attempts.length >= count
        ? Promise.resolve()
        : new Promise((resolve) => void waiting.push({ count, resolve: () => resolve() })),
  };
}
