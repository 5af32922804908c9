import { once } from "node:events";
import net from "node:net";
import { portOf } from "../../shared/listening-port.ts";

/** A port of loopback that nobody listened on a moment ago, for programs that can't be told to take any. */
export async function freePort(): Promise<number> {
  const probe = net.createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const port = portOf(probe);
  probe.close();
  await once(probe, "close");
  return port;
}
