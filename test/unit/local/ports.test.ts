import diagnostics from "node:diagnostics_channel";
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

it("opens none of the ports, so that anybody who waits for one sees it open only once", async () => {
  const port = await freePort();
  const opened: unknown[] = [];
  const note = (message: unknown): void => void opened.push(message);
  diagnostics.subscribe("tracing:net.server.listen:asyncEnd", note);
  onTestFinished(() => void diagnostics.unsubscribe("tracing:net.server.listen:asyncEnd", note));
  await requireFreePorts([wanted("producer", port)]);
  expect(opened).toEqual([]);
});

it("reports a port that is taken on IPv6", async () => {
  const server = net.createServer().listen(0, "::1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const port = { ...wanted("cloud-tasks", portOf(server)), host: "[::1]" };
  await expect(requireFreePorts([port])).rejects.toThrow(`port ${port.port} (cloud-tasks)`);
});

it("reports a port that one program needs on all addresses and another on one", async () => {
  const port = await freePort();
  const everywhere = { ...wanted("worker", port), host: "0.0.0.0" };
  await expect(requireFreePorts([wanted("producer", port), everywhere])).rejects.toThrow(`port ${port} (worker)`);
});

it("names every port that is taken, and how to change it", async () => {
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
