import { Firestore } from "@google-cloud/firestore";
import { CloudTasksClient } from "@google-cloud/tasks";
import { once } from "node:events";
import fs from "node:fs";
import http2 from "node:http2";
import net from "node:net";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { startCloudTasksEmulator } from "../../src/cloud-tasks/emulator.ts";
import { startFirestoreEmulator } from "../../src/firestore/emulator.ts";
import { freePort } from "../support/free-port.ts";
import { noteOpenedPorts } from "../support/opened-ports.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const EMULATORS = [
  {
    name: "Cloud Tasks",
    start: startCloudTasksEmulator,
    path: "/google.cloud.tasks.v2.CloudTasks/ListQueues",
  },
  {
    name: "Firestore",
    start: startFirestoreEmulator,
    path: "/google.firestore.v1.Firestore/Listen",
  },
];

describe.each(EMULATORS)("the emulator of $name", ({ start, path: rpc }) => {
  it.each(["127.0.0.1", "::1"])("opens its port once, on %s", async (host) => {
    const port = await freePort();
    const opened = noteOpenedPorts();
    const emulator = await start({ host, port });
    onTestFinished(() => emulator.stop());
    expect(opened).toEqual([port]);
  });

  it.each([
    { stored: "nothing", folder: () => ({}) },
    { stored: "in a folder", folder: () => ({ dataDir: temporaryFolder() }) },
  ])("serves whoever connects as soon as the port is open, stored $stored", async ({ folder }) => {
    const port = await freePort();
    const starting = start({ port, ...folder() });
    const connected = connectWhenOpen(port);
    const emulator = await starting;
    onTestFinished(() => emulator.stop());
    const socket = await connected;
    socket.end("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    const [response] = await once(socket, "data");
    expect(String(response)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it("ends connections, and frees the port, when the data folder can't be used", async () => {
    const port = await freePort();
    const dataDir = path.join(temporaryFolder(), "file");
    fs.writeFileSync(dataDir, "");
    const starting = start({ port, dataDir });
    const connected = connectWhenOpen(port);
    await expect(starting).rejects.toMatchObject({ code: "FOLDER_NOT_USABLE" });
    const again = await start({ port });
    onTestFinished(() => again.stop());
    expect(again.port).toBe(port);
    (await connected).destroy();
  });

  it("leaves a port alone that is taken", async () => {
    const first = await start();
    onTestFinished(() => first.stop());
    await expect(start({ port: first.port, dataDir: temporaryFolder() })).rejects.toMatchObject({ code: "EADDRINUSE" });
  });

  it("stops with GOAWAY and no error, once an open call has ended", async () => {
    const emulator = await start();
    const session = http2.connect(`http://127.0.0.1:${emulator.port}`);
    const goaways: number[] = [];
    session.on("goaway", (code) => goaways.push(code));
    const errors: unknown[] = [];
    session.on("error", (error) => errors.push(error));
    await once(session, "connect");
    // Its request isn't whole yet, so the call is in progress.
    const call = session.request({
      ":method": "POST",
      ":path": rpc,
      "content-type": "application/grpc",
      te: "trailers",
    });
    call.on("error", (error) => errors.push(error));
    call.resume();
    await new Promise((resolve) => session.ping(resolve));
    const stopping = emulator.stop();
    await once(session, "goaway");
    call.end(Buffer.alloc(5));
    await once(call, "close");
    await stopping;
    expect(new Set(goaways)).toEqual(new Set([http2.constants.NGHTTP2_NO_ERROR]));
    expect(errors).toEqual([]);
    expect(call.rstCode).toBe(http2.constants.NGHTTP2_NO_ERROR);
  });

  it("stops within its limit though a call doesn't end, and frees its port", async () => {
    const emulator = await start();
    const { port } = emulator;
    const silent = net.connect(port, "127.0.0.1");
    silent.on("error", () => undefined);
    const session = http2.connect(`http://127.0.0.1:${port}`);
    session.on("error", () => undefined);
    await Promise.all([once(silent, "connect"), once(session, "connect")]);
    const call = session.request({
      ":method": "POST",
      ":path": rpc,
      "content-type": "application/grpc",
      te: "trailers",
    });
    call.on("error", () => undefined);
    await new Promise((resolve) => session.ping(resolve));
    await emulator.stop();
    const again = await start({ port });
    onTestFinished(() => again.stop());
    expect(again.port).toBe(port);
  });
});

it("frees the port when the stored state can't be read", async () => {
  const dataDir = temporaryFolder();
  fs.writeFileSync(path.join(dataDir, "cloud-tasks.jsonl"), "nonsense\nmore of it\n");
  const port = await freePort();
  await expect(startCloudTasksEmulator({ port, dataDir })).rejects.toMatchObject({ code: expect.any(String) });
  const emulator = await startCloudTasksEmulator({ port });
  onTestFinished(() => emulator.stop());
  expect(emulator.port).toBe(port);
});

it.each(["127.0.0.1", "localhost", "0.0.0.0", "::1", "::"])("has client options for the host %s", async (host) => {
  const tasks = await startCloudTasksEmulator({ host, queues: [{ name: "q" }] });
  const client = new CloudTasksClient(tasks.clientOptions());
  onTestFinished(async () => {
    await client.close();
    await tasks.stop();
  });
  const [queue] = await client.getQueue({ name: "projects/emulated/locations/local/queues/q" });
  expect(queue.state).toBe("RUNNING");

  const firestore = await startFirestoreEmulator({ host });
  const db = new Firestore(firestore.clientOptions());
  onTestFinished(async () => {
    await db.terminate();
    await firestore.stop();
  });
  expect((await db.doc("a/b").get()).exists).toBe(false);
});

/** Connects at once, or as soon as nothing refuses it any more. */
async function connectWhenOpen(port: number): Promise<net.Socket> {
  for (;;) {
    const socket = net.connect(port, "127.0.0.1");
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(false));
    });
    if (isOpen) return socket;
  }
}
