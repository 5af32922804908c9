import { once } from "node:events";
import http from "node:http";
import { randomUUID } from "node:crypto";
import { portOf } from "../../../shared/http/listening-port.ts";
import type { LineLog } from "../line-log.ts";
import { parseTaskName } from "../load/task-name.ts";

/** Passes deliveries on to the workers, as Cloud Run's front end does, and records them. */
export interface Balancer {
  readonly url: string;
  /** Tasks that one worker is handling now. */
  underWayAt(slot: number): string[];
  /** Tasks that any worker is handling. */
  underWay(): string[];
  /** Tasks that have been acknowledged. */
  readonly acknowledged: ReadonlySet<string>;
  /** How many deliveries a worker has answered since counting began. */
  answeredBy(slot: number): number;
  close(): Promise<void>;
}

/** A worker that has just ended may be tried before that is known. */
const MAX_TRIES = 5;

/** A worker to pass deliveries to. */
export interface Target {
  readonly slot: number;
  readonly port: number;
  readonly pid: number;
}

interface Passing {
  readonly id: string;
  readonly taskId: string;
  readonly hop: number;
  readonly slot: number;
}

/** Starts the balancer. It asks for `targets` at each delivery, because workers come and go. */
export async function startBalancer(targets: () => readonly Target[], log: LineLog): Promise<Balancer> {
  const passing = new Set<Passing>();
  const acknowledged = new Set<string>();
  const answered = new Map<number, number>();
  const state: State = { targets, log, passing, acknowledged, answered, turn: 0 };
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.once("end", () => {
      const name = String(request.headers["x-cloudtasks-taskname"]);
      pass({ request, response, ...parseTaskName(name), body: Buffer.concat(chunks) }, 0, state);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    underWayAt: (slot) => [...passing].filter((each) => each.slot === slot).map(({ taskId }) => taskId),
    underWay: () => [...passing].map(({ taskId }) => taskId),
    acknowledged,
    answeredBy: (slot) => answered.get(slot) ?? 0,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
}

interface State {
  readonly targets: () => readonly Target[];
  readonly log: LineLog;
  readonly passing: Set<Passing>;
  readonly acknowledged: Set<string>;
  readonly answered: Map<number, number>;
  /** How many deliveries have been passed on. */
  turn: number;
}

/** Passes a delivery on to the next worker, and logs when it was sent and how it ended. */
function pass(call: Call, tried: number, state: State): void {
  const target = leastBusy(state);
  state.turn++;
  if (!target || tried >= MAX_TRIES) {
    call.response.writeHead(503, { "retry-after": "1" }).end();
    return;
  }
  const { passing, log } = state;
  const current: Passing = { id: randomUUID(), taskId: call.taskId, hop: call.hop, slot: target.slot };
  const end = (how: object): void => {
    if (passing.delete(current)) log.write({ what: "ended", id: current.id, at: Date.now(), ...how });
  };
  const upstream = requestTo(target, call);
  upstream.once("socket", (socket) =>
    socket.once("connect", () => {
      passing.add(current);
      log.write({ what: "sent", ...current, pid: target.pid, at: Date.now() });
    }),
  );
  upstream.once("response", (response) => {
    const status = response.statusCode ?? 0;
    if (status === 200) state.acknowledged.add(call.taskId);
    state.answered.set(target.slot, (state.answered.get(target.slot) ?? 0) + 1);
    end({ status, outcome: response.headers["handoff-outcome"] ?? "none" });
    call.response.writeHead(status, response.headers);
    response.pipe(call.response);
    response.once("error", () => call.response.destroy());
  });
  upstream.once("error", () => {
    const wasSent = passing.has(current);
    end({ status: 0, outcome: "lost" });
    if (call.response.destroyed || call.response.headersSent) return;
    // A request that never reached a worker can go to the next. One that may have arrived is the queue's to repeat.
    if (wasSent) call.response.destroy();
    else pass(call, tried + 1, state);
  });
  call.response.once("close", () => {
    if (call.response.writableFinished) return;
    end({ status: 0, outcome: "caller gave up" });
    upstream.destroy();
  });
  upstream.end(call.body);
}

/** Takes turns among the least busy, so that a paused worker doesn't get most of the load. */
function leastBusy({ targets, passing, turn }: State): Target | undefined {
  const all = targets();
  const loads = all.map(({ slot }) => [...passing].filter((each) => each.slot === slot).length);
  const idlest = all.filter((_, index) => loads[index] === Math.min(...loads));
  return idlest[turn % Math.max(1, idlest.length)];
}

function requestTo({ port }: Target, { request }: Call): http.ClientRequest {
  const { url: path, headers } = request;
  return http.request({ host: "127.0.0.1", port, agent: false, method: "POST", path, headers });
}

interface Call {
  readonly request: http.IncomingMessage;
  readonly response: http.ServerResponse;
  readonly taskId: string;
  readonly hop: number;
  readonly body: Buffer;
}
