import http from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { type HostedRun, HOSTED_PATH, RECORDED_PATH, type RecordedRun } from "./protocol.ts";

/**
 * The process in which Pulumi programs run, one after another. It loads Pulumi's packages once, when the first program
 * comes: that takes ten times as long as a program. What a recorded run results in depends on nothing but the request, so
 * it is kept.
 */

const recordings = new Map<string, Promise<unknown>>();
let previous: Promise<unknown> = Promise.resolve();

function inTurn<Result>(run: () => Promise<Result>): Promise<Result> {
  const running = previous.then(run);
  previous = running.catch(() => undefined);
  return running;
}

/** Answers one request with what comes of it. */
async function answer(path: string | undefined, body: string): Promise<unknown> {
  const { recordProgram, runHosted } = await import("./run-program.ts");
  // oxlint-disable-next-line no-unsafe-type-assertion -- Our own tests send it.
  if (path === HOSTED_PATH) return await inTurn(() => runHosted(JSON.parse(body) as HostedRun));
  if (path !== RECORDED_PATH) throw new Error(`Nobody is at ${path}.`);
  // oxlint-disable-next-line no-unsafe-type-assertion -- Our own tests send it.
  const recording = recordings.get(body) ?? inTurn(() => recordProgram(JSON.parse(body) as RecordedRun));
  recordings.set(body, recording);
  return await recording;
}

const server = http.createServer((request, response) => {
  // A kept connection could be closed just as it is used again.
  response.setHeader("connection", "close");
  void text(request)
    .then((body) => answer(request.url, body))
    .then(
      (result) => response.end(JSON.stringify(result)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
});

server.listen(0, "127.0.0.1", () => {
  // oxlint-disable-next-line no-unsafe-type-assertion -- A TCP server's address is one.
  process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
process.once("disconnect", () => process.exit());
