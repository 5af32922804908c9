import { median } from "../../median.ts";
import { type Call, Caller } from "./calls.ts";
import { cpuMs } from "./kernel-cpu.ts";
import type { ServerProcess } from "./server-process.ts";

/** A running server, and the calls that it is measured with. */
export interface Contender {
  readonly name: string;
  readonly server: Pick<ServerProcess, "pid" | "address">;
  /** Makes one call, before the round begins. */
  readonly call: () => Call;
  /** Default: 8, as many as one instance of a service has at a time under a fair load. */
  readonly connections?: number;
}

/** How much is done with each contender. */
export interface Rounds {
  readonly rounds: number;
  readonly requests: number;
}

const CONNECTIONS = 8;
/** Rounds before those that count: until then, code is compiled, and caches are filled. */
const WARM_UPS = 3;

/**
 * What a request costs the process of each contender, in milliseconds of a processor: medians over rounds in turn (A B C
 * A B C …). The calls come from this process.
 */
export async function measureInTurn(
  contenders: readonly Contender[],
  { rounds, requests }: Rounds,
): Promise<ReadonlyMap<string, number>> {
  const costs = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let round = -WARM_UPS; round < rounds; round++) {
    for (const contender of contenders) {
      const cost = await measureRound(contender, requests);
      if (round >= 0) costs.get(contender.name)?.push(cost);
    }
  }
  return new Map([...costs].map(([name, figures]) => [name, median(figures)]));
}

/** Over new connections, since a server may have closed those of the round before. Opening them doesn't count. */
async function measureRound({ server, call, connections = CONNECTIONS }: Contender, requests: number): Promise<number> {
  const caller = new Caller(server.address, connections);
  await caller.sendAll(Array.from({ length: connections }, call));
  const calls = Array.from({ length: requests }, call);
  const beforeMs = cpuMs(server.pid);
  await caller.sendAll(calls);
  const cost = (cpuMs(server.pid) - beforeMs) / requests;
  caller.close();
  return cost;
}
