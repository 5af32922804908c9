import { onTestFinished } from "vitest";
import { VirtualClock } from "handoff-emulators/clock";
import { createLogger } from "../../../shared/runtime/log.ts";
import { startKeyServer } from "./key-server.ts";

/**
 * What a check of tokens needs: keys on a real server, a clock, and a log whose lines are kept.
 *
 * The clock starts at the wall clock's time, in whole seconds, because google-auth-library uses the wall clock.
 */
export async function serveKeys(keys: Parameters<typeof startKeyServer>[0]) {
  const server = await startKeyServer(keys);
  onTestFinished(() => server.close());
  const nowS = Math.floor(Date.now() / 1_000);
  const clock = new VirtualClock({ startMs: nowS * 1_000 });
  const logged: string[] = [];
  const log = createLogger({
    service: "test",
    level: "trace",
    destination: { write: (line) => void logged.push(line) },
  });
  return { server, clock, nowS, logged, log };
}
