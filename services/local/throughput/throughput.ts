import { serveHttp } from "../../../shared/http/server.ts";
import { guardAgainstPages } from "../../../shared/http/guard.ts";
import { type Clock, type Timer, systemClock } from "../../../shared/runtime/clock.ts";
import { createLogger } from "../../../shared/runtime/log.ts";
import { readableLine } from "../log-line.ts";
import type { Part } from "../outbox/part.ts";
import { countedOf } from "./count-deliveries.ts";
import { MinuteCounts } from "./minute-counts.ts";

/** How often the emulator is asked, in milliseconds. A task counts in the minute in which this sees it. */
const ASK_EACH_MS = 5_000;
const ASK_LIMIT_MS = 1_000;

/** The local stand-in for Cloud Monitoring's counts. */
export interface LocalThroughput extends Part {
  /** The address from which the producer reads the counts. */
  readonly url: string;
  /** Counts a line of the worker's log. */
  readonly countLine: (line: string) => void;
}

/**
 * A stand-in for Cloud Monitoring. It counts deliveries from the worker's log, as a log-based metric does, and
 * CreateTask calls, as Cloud Tasks does. The counts are lost when this process ends.
 */
export async function startThroughput({
  cloudTasks,
  print,
  allowHost = new Set(),
  clock = systemClock,
}: {
  /** The emulator's address. */
  readonly cloudTasks: { readonly host: string; readonly port: number };
  /** Names with a dot that requests may use for this server. Default: none. */
  readonly allowHost?: ReadonlySet<string>;
  readonly print: (line: string) => void;
  readonly clock?: Clock;
}): Promise<LocalThroughput> {
  const counts = new MinuteCounts();
  let created = 0;
  let next: Timer | undefined;
  const countCreated = async (): Promise<void> => {
    const calls = await callsOfCreateTask(cloudTasks);
    // If two requests overlap, the later response may be older.
    if (calls === undefined || calls <= created) return;
    counts.add("enqueued", { nowMs: clock.now(), by: calls - created });
    created = calls;
  };
  const ask = (): void => {
    next = clock.setTimer(ASK_EACH_MS, ask);
    void countCreated();
  };
  ask();
  const respond = async (): Promise<Response> => {
    await countCreated();
    return Response.json({ minutes: counts.list() });
  };
  const config = { K_SERVICE: undefined, ALLOW_HOST: new Set(allowHost) };
  const write = (line: string): void => print(readableLine("throughput", line.trimEnd()));
  const log = createLogger({ service: "throughput", destination: { write } });
  const fetch = guardAgainstPages(respond, { config, log });
  const server = await serveHttp({ fetch, port: 0, host: "127.0.0.1" });
  return {
    url: `http://127.0.0.1:${server.port}/`,
    countLine(line) {
      const counted = countedOf(line);
      if (counted) counts.add(counted, { nowMs: clock.now() });
    },
    async stop() {
      next?.cancel();
      await server.close();
    },
  };
}

/** Undefined while the emulator doesn't respond, because it is starting or stopping. */
async function callsOfCreateTask({ host, port }: { host: string; port: number }): Promise<number | undefined> {
  try {
    const response = await fetch(`http://${host}:${port}/_emulator/calls`, {
      signal: AbortSignal.timeout(ASK_LIMIT_MS),
    });
    const { calls }: { calls: { CreateTask?: number } } = JSON.parse(await response.text());
    return calls.CreateTask ?? 0;
  } catch {
    return undefined;
  }
}
