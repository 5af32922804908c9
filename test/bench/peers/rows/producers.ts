import { LOCAL } from "../../../../services/local/settings.ts";
import { claimTask } from "../../service/task-types.ts";
import { type Contender, measureInTurn } from "../process/in-turn.ts";
import { producerProgram } from "../stack/our-stack.ts";
import { peerProgram } from "../stack/peer-programs.ts";
import { type ServerProcess, startServer } from "../process/server-process.ts";
import { type Row, besides, figure } from "./row.ts";
import type { Setting } from "./setting.ts";
import { LARGE_PAYLOAD, SMALL_PAYLOAD, taskCall } from "./tasks.ts";

const WORKER_URL = "http://127.0.0.1:9";
const TASKS = "Hono + @google-cloud/tasks";
const REST = "Hono + REST by undici";
const ALONE = "Hono alone";

/** What handing over a task costs a producer. Nothing is delivered meanwhile. */
export async function* producerRows(setting: Setting): AsyncGenerator<Row> {
  const { bundles, emulators, sizes } = setting;
  const queue = `projects/${LOCAL.project}/locations/${LOCAL.location}/queues/${claimTask.queue}`;
  const ours = await startServer(producerProgram(bundles.producer, emulators, WORKER_URL));
  const peers = setting.hasPeers
    ? await startPeers({ ...emulators.env, QUEUE: queue, WORKER_URL })
    : new Map<string, ServerProcess>();
  const contender = (name: string, server: ServerProcess, payload: unknown, withKey = false): Contender => {
    return { name, server, call: () => taskCall(claimTask, payload, { withKey }) };
  };
  const peersWith = (payload: unknown, names: readonly string[]): Contender[] =>
    [...peers].filter(([name]) => names.includes(name)).map(([name, server]) => contender(name, server, payload));
  try {
    const small = await measureInTurn(
      [
        contender("no key", ours, SMALL_PAYLOAD),
        contender("with key", ours, SMALL_PAYLOAD, true),
        ...peersWith(SMALL_PAYLOAD, [TASKS, REST, ALONE]),
      ],
      sizes.small,
    );
    const beside = besides(small, [TASKS, REST, ALONE]);
    const what = "producer, 1 KB";
    const unit = "CPU ms";
    yield { what: `${what}, no key`, unit, before: 0.585, ours: figure(small, "no key"), aim: 0.33, beside };
    yield { what: `${what}, with a key`, unit, before: 0.94, ours: figure(small, "with key"), aim: 0.55, beside };

    const large = await measureInTurn(
      [contender("ours", ours, LARGE_PAYLOAD), ...peersWith(LARGE_PAYLOAD, [TASKS, ALONE])],
      sizes.large,
    );
    yield {
      what: "producer, 255 KB of small objects",
      unit,
      before: 32,
      ours: figure(large, "ours"),
      aim: 7,
      beside: besides(large, [TASKS, ALONE]),
    };
  } finally {
    for (const server of [ours, ...peers.values()]) await server.stop();
  }
}

async function startPeers(env: Readonly<Record<string, string>>): Promise<Map<string, ServerProcess>> {
  return new Map([
    [TASKS, await startServer(peerProgram("hono-tasks", env))],
    [REST, await startServer(peerProgram("hono-rest", env))],
    [ALONE, await startServer(peerProgram("hono-alone", env))],
  ]);
}
