import * as z from "zod";
import { freePort } from "../../harness/network/free-port.ts";
import { emulatorPrograms, startEmulatorProcess } from "../processes/emulator-process.ts";
import { runLoad } from "../processes/load.ts";

const POSTS = ["local", "knownToken", "newToken", "localWithKey", "knownTokenWithKey", "newTokenWithKey"] as const;
const costSchema = z.record(z.enum([...POSTS, "delivery"]), z.number());

/**
 * What requests cost their services, in microseconds of a processor: a POST by whether callers are told apart, and a
 * delivery of a claimed task. Medians of `rounds`, in turn, each of so many requests of a kind.
 */
export async function measureRequests(size: { rounds: number; requests: number }): Promise<z.infer<typeof costSchema>> {
  const firestorePort = String(await freePort());
  const emulators = await startEmulatorProcess(emulatorPrograms().ours(firestorePort));
  try {
    const addresses = { cloudTasks: emulators.address, firestore: `127.0.0.1:${firestorePort}` };
    return costSchema.parse(await runLoad("request-cost.ts", { ...addresses, ...size }));
  } finally {
    await emulators.stop();
  }
}
