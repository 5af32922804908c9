import http from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { VirtualClock } from "handoff-emulators/clock";
import { sendTicks } from "../../../services/local/outbox/ticks.ts";
import { portOf } from "../../../shared/http/listening-port.ts";

/** A producer's port. */
async function listen(respond: (response: http.ServerResponse) => void) {
  const requests: string[] = [];
  const server = http.createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    respond(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { requests, producerUrl: `http://127.0.0.1:${portOf(server)}` };
}

test("a tick is sent at once and every minute, whatever happened to the one before, and none after the stop", async () => {
  const clock = new VirtualClock();
  const { requests, producerUrl } = await listen((response) => response.writeHead(503).end());
  const ticks = sendTicks({ producerUrl, clock });

  await expect.poll(() => requests).toEqual(["POST /v1/tick"]);
  await clock.advance("1m");
  await expect.poll(() => requests).toHaveLength(2);
  await ticks.stop();
  await clock.advance("1h");

  expect(requests).toHaveLength(2);
});

test("ticks are sent on the minute, when schedules are due", async () => {
  const clock = new VirtualClock({ startMs: Date.UTC(2026, 0, 1, 12, 0, 42) });
  const { requests, producerUrl } = await listen((response) => response.writeHead(200).end());
  const ticks = sendTicks({ producerUrl, clock });
  await expect.poll(() => requests).toHaveLength(1);

  await clock.advance("17s");
  expect(requests).toHaveLength(1);
  await clock.advance("1s");
  await expect.poll(() => requests).toHaveLength(2);
  await clock.advance("1m");
  await expect.poll(() => requests).toHaveLength(3);
  await ticks.stop();
});

test("stopping ends a tick without a response", async () => {
  const { requests, producerUrl } = await listen(() => {});
  const ticks = sendTicks({ producerUrl, clock: new VirtualClock() });
  await expect.poll(() => requests).toHaveLength(1);

  await ticks.stop();

  const gone = sendTicks({ producerUrl: "http://127.0.0.1:9", clock: new VirtualClock() });
  await gone.stop();
});
