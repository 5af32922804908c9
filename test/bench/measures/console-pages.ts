import http from "node:http";
import { setTimeout } from "node:timers/promises";
import { RecordDatabase } from "../../../shared/records/wire/record-database.ts";
import { DEAD_LETTERS } from "../../../shared/records/letters/dead-letter.ts";
import { LOCAL } from "../../../services/local/settings.ts";
import { letterOf, writeLetters } from "../../harness/producer/letters.ts";
import { median } from "../median.ts";
import { openGrpcConnection } from "../processes/grpc-connection.ts";
import { createCloudTasksCaller } from "../processes/grpc-service.ts";
import { type LocalStack, startLocalStack } from "../processes/local-stack.ts";
import { cpuSeconds, residentMib } from "../processes/process-usage.ts";

/** How much the console shows, and how often. */
export interface ConsoleSize {
  readonly queued: number;
  readonly letters: number;
  readonly rounds: number;
  readonly liveMinutes: number;
}

export interface ConsoleFigures {
  readonly pages: readonly { readonly name: string; readonly firstByteMs: readonly number[] }[];
  readonly overview: { readonly pageBytes: number; readonly scriptBytes: number; readonly styleBytes: number };
  readonly live: {
    readonly firstMib: number;
    readonly lastMib: number;
    readonly highestMib: number;
    /** How much of a processor the console used. */
    readonly cpuShare: number;
  };
}

/** Longer than the console keeps what it has read, in milliseconds. */
const FORGOTTEN_MS = 5_200;
const LIVE_MS = 5_000;
const TABS = 10;
const QUEUE = "default";
/** Where a list is looked at far from its start. */
const FAR_PAGE = 100;

/** Fills a stack, and measures what the console's pages take. */
export async function measureConsole(size: ConsoleSize): Promise<ConsoleFigures> {
  const stack = await startLocalStack();
  try {
    await fillQueue(stack, size.queued);
    const letter = await fillLetters(stack, size.letters);
    const pages = await measurePages(stack, { letter, rounds: size.rounds });
    return { pages, overview: await measureBytes(stack), live: await measureLive(stack, size.liveMinutes) };
  } finally {
    await stack.stop();
  }
}

const idOf = (n: number): string => `${n.toString(16).padStart(32, "0")}-${QUEUE}`;
const DAY_S = 86_400;
const CLIENTS = 32;

/** Puts tasks that are due tomorrow into one queue. */
async function fillQueue({ emulators }: LocalStack, queued: number): Promise<void> {
  const { host, port } = emulators.cloudTasks;
  const connection = await openGrpcConnection(`${host}:${port}`);
  const call = createCloudTasksCaller();
  const parent = `projects/${LOCAL.project}/locations/${LOCAL.location}/queues/${QUEUE}`;
  const scheduleTime = { seconds: Math.floor(Date.now() / 1_000) + DAY_S };
  const httpRequest = { url: "http://127.0.0.1:9/tasks/webhook.deliver", body: Buffer.alloc(500, "x") };
  let next = 0;
  const work = async (): Promise<void> => {
    for (let n = next++; n < queued; n = next++) {
      await call(connection, "CreateTask", {
        parent,
        task: { name: `${parent}/tasks/${idOf(n)}`, scheduleTime, httpRequest },
      });
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, work));
  await connection.close();
}

/** @returns the id of one of them. */
async function fillLetters({ emulators }: LocalStack, count: number): Promise<string> {
  const db = new RecordDatabase({ projectId: LOCAL.project, emulator: emulators.firestore });
  const letters = Array.from({ length: count }, (_, n) => [idOf(n), letterOf(idOf(n))] as const);
  await writeLetters({ letters: () => db.collection(DEAD_LETTERS) }, letters);
  await db.terminate();
  return idOf(0);
}

async function measurePages(
  { consoleUrl }: LocalStack,
  { letter, rounds }: { readonly letter: string; readonly rounds: number },
): Promise<ConsoleFigures["pages"]> {
  const paths: readonly (readonly [name: string, path: string])[] = [
    ["overview", "/"],
    ["a queue", `/queues/${QUEUE}`],
    ["the tasks of a queue", `/queues/${QUEUE}/tasks`],
    ["a queued task", `/tasks/${idOf(1)}`],
    ["dead letters", "/dead-letters"],
    [`page ${FAR_PAGE} of the dead letters`, await farPage(consoleUrl)],
    ["a dead letter", `/dead-letters/${letter}`],
    ["schedules", "/schedules"],
    ["task types", "/task-types"],
    ["the form of a type", "/enqueue?type=webhook.deliver"],
  ];
  const times = new Map<string, number[]>(paths.map(([name]) => [name, []]));
  // The first time, code is loaded and compiled.
  for (let round = -1; round < rounds; round++) {
    if (round === 0) await setTimeout(FORGOTTEN_MS);
    for (const [name, path] of paths) {
      await setTimeout(round < 0 ? 0 : FORGOTTEN_MS / paths.length);
      const beganMs = performance.now();
      const response = await fetch(`${consoleUrl}${path}`);
      const tookMs = performance.now() - beganMs;
      await response.text();
      if (!response.ok) throw new Error(`${path} is answered ${response.status}.`);
      if (round >= 0) times.get(name)?.push(tookMs);
    }
  }
  return [...times].map(([name, firstByteMs]) => ({ name, firstByteMs }));
}

/** The address of a page far into the list, or of its last one. */
async function farPage(consoleUrl: string): Promise<string> {
  let path = "/dead-letters";
  for (let page = 1; page < FAR_PAGE; page++) {
    const html = await (await fetch(`${consoleUrl}${path}`)).text();
    const next = /<a rel="next" href="([^"]+)"/.exec(html)?.[1];
    if (next === undefined) return path;
    path = next.replaceAll("&amp;", "&");
  }
  return path;
}

async function measureBytes({ consoleUrl }: LocalStack): Promise<ConsoleFigures["overview"]> {
  const html = await (await fetch(consoleUrl)).text();
  const assetOf = (end: string): string => new RegExp(`"(/assets/[^"]+\\.${end})"`).exec(html)?.[1] ?? "";
  const [pageBytes, scriptBytes, styleBytes] = await Promise.all(
    ["/", assetOf("js"), assetOf("css")].map((path) => bytesOver(`${consoleUrl}${path}`)),
  );
  return { pageBytes: pageBytes ?? 0, scriptBytes: scriptBytes ?? 0, styleBytes: styleBytes ?? 0 };
}

/** The bytes of a response's body as they came: compressed. */
function bytesOver(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    http
      .get(url, { headers: { "accept-encoding": "gzip" } }, (response) => {
        let bytes = 0;
        response.on("data", (piece: Buffer) => (bytes += piece.length));
        response.once("end", () => resolve(bytes));
        response.once("error", reject);
      })
      .once("error", reject);
  });
}

/** Ten tabs that refresh themselves, as their script does. */
async function measureLive({ consoleUrl, pids }: LocalStack, minutes: number): Promise<ConsoleFigures["live"]> {
  const rounds = Math.max(2, Math.round((minutes * 60_000) / LIVE_MS));
  const mib: number[] = [];
  const beganMs = performance.now();
  const beganCpu = cpuSeconds(pids.console);
  for (let round = 0; round < rounds; round++) {
    await Promise.all(Array.from({ length: TABS }, async () => await (await fetch(consoleUrl)).text()));
    mib.push(residentMib(pids.console).now);
    await setTimeout(LIVE_MS);
  }
  const seconds = (performance.now() - beganMs) / 1_000;
  const sixth = Math.max(1, Math.floor(rounds / 6));
  return {
    firstMib: median(mib.slice(0, sixth)),
    lastMib: median(mib.slice(-sixth)),
    highestMib: Math.max(...mib),
    cpuShare: (cpuSeconds(pids.console) - beganCpu) / seconds,
  };
}
