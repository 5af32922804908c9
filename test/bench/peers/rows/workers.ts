import { type KeyServer, startKeyServer } from "../../../harness/auth/key-server.ts";
import { type SigningKey, makeSigningKey } from "../../../harness/auth/tokens.ts";
import { residentMib } from "../../processes/process-usage.ts";
import { claimTask, naturalTask, transactionTask } from "../../service/task-types.ts";
import { type Contender, measureInTurn } from "../process/in-turn.ts";
import { workerProgram } from "../stack/our-stack.ts";
import { peerProgram } from "../stack/peer-programs.ts";
import { type ServerProcess, startServer } from "../process/server-process.ts";
import { raceMs } from "./races.ts";
import { type Row, besides, figure } from "./row.ts";
import type { Setting } from "./setting.ts";
import { LARGE_PAYLOAD, SMALL_PAYLOAD, deliveryCall, firebaseCall, freshToken } from "./tasks.ts";

const KINDS = [
  { name: "natural", taskType: naturalTask, before: 0.4, aim: 0.2 },
  { name: "claim", taskType: claimTask, before: 1.27, aim: 0.8 },
  { name: "transaction", taskType: transactionTask, before: 1.72, aim: 1.2 },
] as const;

const EXPRESS = "Express + verifyIdToken + two transactions";
const FIREBASE = "firebase-functions + two transactions";
const ALONE = "Hono alone";

/** What a delivery costs a worker, with one token for all deliveries and with a new one for each, as in the cloud. */
export async function* workerRows(setting: Setting): AsyncGenerator<Row> {
  const key = makeSigningKey("key-1");
  const keys = await startKeyServer([key]);
  const worker = await startServer(workerProgram(setting.bundles.worker, setting.emulators, keys.url));
  const idleMib = residentMib(worker.pid).now;
  const peers = setting.hasPeers ? await startPeers(setting, keys) : new Map<string, ServerProcess>();
  try {
    yield { what: "memory of an idle worker", unit: "MiB", before: 97, ours: idleMib, aim: 80, beside: [] };
    yield* smallRows(setting, { key, worker, peers });
    yield* largeRow(setting, { key, worker, peers });
    const highestMib = residentMib(worker.pid).highest;
    yield { what: "memory of a worker under load", unit: "MiB", before: 393, ours: highestMib, aim: 300, beside: [] };
    yield* raceRows(setting, { key, worker });
  } finally {
    for (const server of [worker, ...peers.values()]) await server.stop();
    await keys.close();
  }
}

interface Running {
  readonly key: SigningKey;
  readonly worker: ServerProcess;
  readonly peers: ReadonlyMap<string, ServerProcess>;
}

async function startPeers({ emulators }: Setting, keys: KeyServer): Promise<ReadonlyMap<string, ServerProcess>> {
  const env = { ...emulators.env, OIDC_CERTS_URL: keys.url };
  return new Map([
    [EXPRESS, await startServer(peerProgram("express", env))],
    [FIREBASE, await startServer(peerProgram("firebase-functions", env))],
    [ALONE, await startServer(peerProgram("hono-alone", env))],
  ]);
}

async function* smallRows({ sizes }: Setting, { key, worker, peers }: Running): AsyncGenerator<Row> {
  const repeated = freshToken(key);
  const tokens = [
    ["one token for all", () => repeated],
    ["a fresh token each", () => freshToken(key)],
  ] as const;
  const contenders = tokens.flatMap(([token, make]): Contender[] => [
    ...KINDS.map(({ name, taskType }) => {
      const call = () => deliveryCall(taskType, SMALL_PAYLOAD, make());
      return { name: `${name}, ${token}`, server: worker, call };
    }),
    ...[...peers].map(([name, server]) => {
      const callOf = name === FIREBASE ? firebaseCall : deliveryCall;
      return { name: `${name}, ${token}`, server, call: () => callOf(claimTask, SMALL_PAYLOAD, make()) };
    }),
  ]);
  const costs = await measureInTurn(contenders, sizes.small);
  for (const [token] of tokens) {
    const names = [EXPRESS, FIREBASE, ALONE].map((name) => `${name}, ${token}`);
    const beside = besides(costs, names).map(({ name, value }) => ({ name: name.replace(`, ${token}`, ""), value }));
    for (const { name, before, aim } of KINDS) {
      const ours = figure(costs, `${name}, ${token}`);
      yield { what: `worker, ${name}, ${token}`, unit: "CPU ms", before, ours, aim, beside };
    }
  }
}

async function* largeRow({ sizes }: Setting, { key, worker, peers }: Running): AsyncGenerator<Row> {
  const token = freshToken(key);
  const alone = peers.get(ALONE);
  const contender = (name: string, server: ServerProcess): Contender => {
    return { name, server, call: () => deliveryCall(naturalTask, LARGE_PAYLOAD, token) };
  };
  const costs = await measureInTurn(
    [contender("ours", worker), ...(alone ? [contender(ALONE, alone)] : [])],
    sizes.large,
  );
  const beside = besides(costs, [ALONE]);
  const what = "worker, 255 KB of small objects";
  yield { what, unit: "CPU ms", before: 73, ours: figure(costs, "ours"), aim: 8, beside };
}

async function* raceRows({ sizes }: Setting, { key, worker }: Omit<Running, "peers">): AsyncGenerator<Row> {
  const race = (taskType: typeof claimTask | typeof transactionTask) =>
    raceMs(worker, () => deliveryCall(taskType, SMALL_PAYLOAD, freshToken(key)), sizes.races);
  const claim = await race(claimTask);
  const transaction = await race(transactionTask);
  yield {
    what: "race of 20 on one transaction task, last response",
    unit: "ms",
    before: 1_557,
    ours: transaction,
    aim: 200,
    beside: [{ name: "our claim", value: claim }],
  };
}
