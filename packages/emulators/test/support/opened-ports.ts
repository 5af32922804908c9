import diagnostics from "node:diagnostics_channel";
import net from "node:net";
import { onTestFinished } from "vitest";

/** https://nodejs.org/api/diagnostics_channel.html#tcp-socket */
const LISTENING = "tracing:net.server.listen:asyncEnd";

/** Notes the TCP ports that this process opens from now on, each time it does, until the test ends. */
export function noteOpenedPorts(): readonly number[] {
  const opened: number[] = [];
  const note = (message: unknown): void => {
    if (!(message instanceof Object && "server" in message && message.server instanceof net.Server)) return;
    const address = message.server.address();
    if (address instanceof Object) opened.push(address.port);
  };
  diagnostics.subscribe(LISTENING, note);
  onTestFinished(() => void diagnostics.unsubscribe(LISTENING, note));
  return opened;
}
