import type { Json } from "../../../shared/contract/any-json.ts";
import { startKeyServer } from "../../harness/auth/key-server.ts";
import { makeSigningKey } from "../../harness/auth/tokens.ts";
import { SMALL_PAYLOAD, deliveryCall, freshToken, taskCall } from "../peers/rows/tasks.ts";
import { type Contender, type Rounds, measureInTurn } from "../peers/process/in-turn.ts";
import { producerProgram, workerProgram } from "../peers/stack/our-stack.ts";
import { startServer } from "../peers/process/server-process.ts";
import { claimTask, naturalTask } from "../service/task-types.ts";
import type { Chart } from "./chart.ts";
import type { GrowthSetting } from "./sizes.ts";

const UNIT = "CPU ms a request";

/** What requests cost the services at different numbers of connections. */
export async function byConnections(setting: GrowthSetting): Promise<Chart> {
  const { connections, requests } = setting.sizes;
  const points = connections.map((count) => ({ x: count, payload: SMALL_PAYLOAD, connections: count }));
  return {
    title: "CPU time of a request by the connections that requests come over",
    x: "connections",
    isLog: true,
    unit: UNIT,
    series: await measure(setting, points, requests),
  };
}

/** What requests cost the services with payloads of different sizes. */
export async function byPayload(setting: GrowthSetting): Promise<Chart> {
  const { payloadKb, payloads } = setting.sizes;
  const points = payloadKb.map((kb) => ({ x: kb, payload: payloadOf(kb * 1_000) }));
  return {
    title: "CPU time of a request by the size of its payload",
    x: "KB",
    isLog: false,
    unit: UNIT,
    series: await measure(setting, points, payloads),
  };
}

interface Point {
  readonly x: number;
  readonly payload: Json;
  readonly connections?: number;
}

async function measure(
  { bundles, emulators }: GrowthSetting,
  points: readonly Point[],
  rounds: Rounds,
): Promise<Chart["series"]> {
  const key = makeSigningKey("key-1");
  const keys = await startKeyServer([key]);
  const producer = await startServer(producerProgram(bundles.producer, emulators, "http://127.0.0.1:9"));
  const worker = await startServer(workerProgram(bundles.worker, emulators, keys.url));
  const makers = {
    "producer, no key": (payload: Json) => taskCall(claimTask, payload, { withKey: false }),
    "worker, natural": (payload: Json) => deliveryCall(naturalTask, payload, freshToken(key)),
    "worker, claim": (payload: Json) => deliveryCall(claimTask, payload, freshToken(key)),
  };
  try {
    const contenders = points.flatMap(({ x, payload, ...how }) =>
      Object.entries(makers).map(([name, make]): Contender => {
        const server = name.startsWith("producer") ? producer : worker;
        return { name: `${name} at ${x}`, server, call: () => make(payload), ...how };
      }),
    );
    const costs = await measureInTurn(contenders, rounds);
    return Object.keys(makers).map((name) => ({
      name,
      points: points.map(({ x }) => [x, costs.get(`${name} at ${x}`) ?? Number.NaN]),
    }));
  } finally {
    for (const server of [producer, worker]) await server.stop();
    await keys.close();
  }
}

/** About so many bytes of JSON, as lines of an order. */
function payloadOf(bytes: number): Json {
  const line = (n: number) => ({ sku: `sku-${n}`, quantity: n % 9, priceCents: 1_250, note: "as agreed" });
  const lines: ReturnType<typeof line>[] = [];
  for (let length = 0; length < bytes; length += JSON.stringify(lines.at(-1)).length + 1)
    lines.push(line(lines.length));
  return lines.slice(0, -1);
}
