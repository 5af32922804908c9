import { once } from "node:events";
import net from "node:net";
import { freePort } from "../../harness/network/free-port.ts";
import { expect, it, onTestFinished } from "vitest";
import { requireFreePorts } from "../../../services/local/ports.ts";
import { ConfigError } from "../../../shared/runtime/config-error.ts";
import { portOf } from "../../../shared/http/listening-port.ts";

const HOST = "127.0.0.1";

async function listen(port = 0): Promise<{ port: number; close: () => Promise<void> }> {
  const server = net.createServer();
  server.listen(port, HOST);
  await once(server, "listening");
  const close = async () => {
    if (!server.listening) return;
    server.close();
    await once(server, "close");
  };
  onTestFinished(close);
  return { port: portOf(server), close };
}

const wanted = (name: string, port: number) => ({ name, remedy: `move the ${name}`, host: HOST, port });

it("accepts ports that are free, and leaves them free", async () => {
  const port = await freePort();
  await requireFreePorts([wanted("producer", port)]);
  expect(await listen(port)).toMatchObject({ port });
});

it("names every port that is taken, and what moves it", async () => {
  const [first, second] = [await listen(), await listen()];
  const free = await freePort();
  const check = requireFreePorts([wanted("producer", first.port), wanted("free", free), wanted("worker", second.port)]);
  await expect(check).rejects.toThrow(ConfigError);
  await expect(check).rejects.toThrow(
    `  - port ${first.port} (producer): move the producer\n  - port ${second.port} (worker): move the worker`,
  );
  await expect(check).rejects.not.toThrow("(free)");
});

it("reports that two programs were given the same port", async () => {
  const port = await freePort();
  const check = requireFreePorts([wanted("producer", port), wanted("worker", port)]);
  await expect(check).rejects.toThrow(`port ${port} (worker): move the worker`);
  expect(await listen(port)).toMatchObject({ port });
});

it("passes on any other error of an address", async () => {
  const port = { ...wanted("firestore", 0), host: "192.0.2.1" };
  await expect(requireFreePorts([port])).rejects.toMatchObject({ code: "EADDRNOTAVAIL" });
});
