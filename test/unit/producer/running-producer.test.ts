import { expect, it } from "vitest";
import { runningProducer } from "../../../services/producer/running-producer.ts";
import { PendingCalls } from "../../../shared/runtime/pending-calls.ts";
import { captureLog } from "../../harness/runtime/captured-log.ts";

it("closes its clients only after the end of work whose caller has gone", async () => {
  const { log } = captureLog();
  const inFlight = new PendingCalls();
  const happened: string[] = [];
  const note = (what: string) => async (): Promise<void> => void happened.push(what);
  const deleting = Promise.withResolvers<void>();
  void inFlight.track(deleting.promise.then(note("the cancel has ended")));
  const producer = runningProducer({
    log,
    inFlight,
    waits: { end: () => void happened.push("no request waits") },
    server: { close: note("no request is left") },
    store: { close: note("closed") },
    clients: [{ close: note("closed") }],
    tracing: { stop: note("closed") },
  });

  const stopped = producer.stop(() => 9_000);
  await new Promise((resolve) => setImmediate(resolve));
  expect(happened).toEqual(["no request waits", "no request is left"]);
  deleting.resolve();
  await stopped;

  expect(happened).toEqual([
    "no request waits",
    "no request is left",
    "the cancel has ended",
    "closed",
    "closed",
    "closed",
  ]);
});
