import { startKeyServer } from "../../../harness/auth/key-server.ts";
import { makeSigningKey } from "../../../harness/auth/tokens.ts";
import { median } from "../../median.ts";
import { claimTask } from "../../service/task-types.ts";
import { type Call, Caller, succeeded } from "../process/calls.ts";
import { producerProgram, workerProgram } from "../stack/our-stack.ts";
import { peerProgram } from "../stack/peer-programs.ts";
import { type ServerProgram, startServer } from "../process/server-process.ts";
import { type Row, besides, figure } from "./row.ts";
import type { Setting } from "./setting.ts";
import { SMALL_PAYLOAD, deliveryCall, firebaseCall, freshToken, taskCall } from "./tasks.ts";

/** A program to start, and the first request that it gets. */
interface Start {
  readonly name: string;
  readonly program: ServerProgram;
  readonly call: () => Call;
}

const EXPRESS = "Express, two transactions";
const FIREBASE = "firebase-functions";
const ALONE = "Hono alone";

/** How long after the start of a process its first real response is there: a task handed over, or one delivered. */
export async function* coldStartRows({ bundles, emulators, sizes, hasPeers }: Setting): AsyncGenerator<Row> {
  const key = makeSigningKey("key-1");
  const keys = await startKeyServer([key]);
  const post = () => taskCall(claimTask, SMALL_PAYLOAD, { withKey: false });
  const deliver = () => deliveryCall(claimTask, SMALL_PAYLOAD, freshToken(key));
  const deliverToFirebase = () => firebaseCall(claimTask, SMALL_PAYLOAD, freshToken(key));
  const env = { ...emulators.env, OIDC_CERTS_URL: keys.url };
  const producer = producerProgram(bundles.producer, emulators, "http://127.0.0.1:9");
  const worker = workerProgram(bundles.worker, emulators, keys.url);
  const peers: Start[] = [
    { name: EXPRESS, program: peerProgram("express", env), call: deliver },
    { name: FIREBASE, program: peerProgram("firebase-functions", env), call: deliverToFirebase },
    { name: ALONE, program: peerProgram("hono-alone", env), call: deliver },
  ];
  const starts: Start[] = [
    { name: "producer", program: producer, call: post },
    { name: "worker", program: worker, call: deliver },
    ...(hasPeers ? peers : []),
  ];
  const took = await coldStartsMs(starts, sizes.starts);
  await keys.close();
  const beside = besides(took, [EXPRESS, FIREBASE, ALONE]);
  const what = (name: string): string => `cold start to the first real response, ${name} bundle`;
  yield { what: what("producer"), unit: "ms", before: 434, ours: figure(took, "producer"), aim: 250, beside };
  yield { what: what("worker"), unit: "ms", before: 469, ours: figure(took, "worker"), aim: 280, beside };
}

/** Medians of starts in turn. The first of each doesn't count: it brings files into memory. */
async function coldStartsMs(starts: readonly Start[], rounds: number): Promise<ReadonlyMap<string, number>> {
  const took = new Map<string, number[]>(starts.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const { name, program, call } of starts) {
      const first = call();
      const server = await startServer(program);
      const caller = new Caller(server.address, 1);
      const { atMs } = succeeded(await caller.send(first), first);
      if (round > 0) took.get(name)?.push(atMs - server.startedAtMs);
      caller.close();
      await server.stop();
    }
  }
  return new Map([...took].map(([name, figures]) => [name, median(figures)]));
}
