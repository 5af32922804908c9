import { once } from "node:events";
import net from "node:net";
import { expect, it } from "vitest";
import { bindPort } from "../../../src/kernel/port.ts";

const HOST = "127.0.0.1";

/** A client that has said something to a port that nobody serves yet. */
async function earlyClient(port: number): Promise<net.Socket> {
  const client = net.connect(port, HOST);
  client.on("error", () => undefined);
  await once(client, "connect");
  client.write("early");
  return client;
}

it("keeps what was sent before somebody serves the port", async () => {
  const bound = await bindPort({ host: HOST, port: 0 });
  const client = await earlyClient(bound.port);
  bound.serve((socket) => socket.on("data", (said) => socket.end(`heard ${String(said)}`)));
  const [answer] = await once(client, "data");
  expect(String(answer)).toBe("heard early");
  client.destroy();
  await bound.close();
});

it("ends connections that nobody has served, and frees the port, when it is closed", async () => {
  const bound = await bindPort({ host: HOST, port: 0 });
  const client = await earlyClient(bound.port);
  const ended = new Promise((resolve) => client.once("close", resolve));
  await bound.close();
  await ended;
  const again = await bindPort({ host: HOST, port: bound.port });
  expect(again.port).toBe(bound.port);
  await again.close();
});
