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
  let turn = 0;

  /** Takes turns among the least busy, so that a paused worker doesn't get most of the load. */
  const leastBusy = (all: readonly Target[], turn: number): Target | undefined => {
    const loads = all.map(({ slot }) => [...passing].filter((each) => each.slot === slot).length);
    const idlest = all.filter((_, index) => loads[index] === Math.min(...loads));
    return idlest[turn % Math.max(1, idlest.length)];
  };

  const pass = (call: Call, tried: number): void => {
    const all = targets();
    const target = leastBusy(all, turn++);
    if (!target || tried >= MAX_TRIES) {
      call.response.writeHead(503, { "retry-after": "1" }).end();
      return;
    }
    const current: Passing = { id: randomUUID(), taskId: call.taskId, hop: call.hop, slot: target.slot };
    const { pid, slot, port } = target;
    const upstream = http.request({
      host: "127.0.0.1",
      port,
      agent: false,
      method: "POST",
      path: call.request.url,
      headers: call.request.headers,
    });
    const end = (how: object): void => {
      if (passing.delete(current)) log.write({ what: "ended", id: current.id, at: Date.now(), ...how });
    };
    upstream.once("socket", (socket) =>
      socket.once("connect", () => {
        passing.add(current);
        log.write({ what: "sent", ...current, pid, at: Date.now() });
      }),
    );
    upstream.once("response", (answer) => {
      const status = answer.statusCode ?? 0;
      if (status === 200) acknowledged.add(call.taskId);
      answered.set(slot, (answered.get(slot) ?? 0) + 1);
      end({ status, outcome: answer.headers["handoff-outcome"] ?? "none" });
      call.response.writeHead(status, answer.headers);
      answer.pipe(call.response);
      answer.once("error", () => call.response.destroy());
    });
    upstream.once("error", () => {
      const wasSent = passing.has(current);
      end({ status: 0, outcome: "lost" });
      if (call.response.destroyed || call.response.headersSent) return;
      // A request that never reached a worker can go to the next; one that may have been received is the queue's to
      // repeat.
      if (wasSent) call.response.destroy();
      else pass(call, tried + 1);
    });
    call.response.once("close", () => {
      if (call.response.writableFinished) return;
      end({ status: 0, outcome: "caller gave up" });
      upstream.destroy();
    });
    upstream.end(call.body);
  };

  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.once("end", () => {
      const name = String(request.headers["x-cloudtasks-taskname"]);
      pass({ request, response, ...parseTaskName(name), body: Buffer.concat(chunks) }, 0);
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

interface Call {
  readonly request: http.IncomingMessage;
  readonly response: http.ServerResponse;
  readonly taskId: string;
  readonly hop: number;
  readonly body: Buffer;
}
