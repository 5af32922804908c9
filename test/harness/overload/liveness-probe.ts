import http from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";

/** A thread of `watchLiveness`. */
const EVERY_MS = 20;

const times: number[] = [];
let isOver = false;
parentPort?.once("message", () => {
  isOver = true;
});
while (!isAtEnd()) {
  times.push(await timeLive(`${workerData}/live`));
  await pause(EVERY_MS);
}
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
parentPort?.postMessage(times.toSorted((one, other) => one - other));

function isAtEnd(): boolean {
  return isOver;
}

/** Uses a new connection each time, as a new client would. */
function timeLive(url: string): Promise<number> {
  const startMs = performance.now();
  return new Promise((resolve, reject) => {
    const request = http.get(url, { agent: false }, (response) => {
      response.resume().once("end", () => resolve(performance.now() - startMs));
    });
    request.once("error", reject);
  });
}
