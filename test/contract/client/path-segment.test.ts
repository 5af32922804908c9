import { expect, it } from "vitest";
import { createClient } from "../../../packages/client/src/create-client.ts";
import { listenAsProducer, refusal } from "../../harness/client/scripted-producer.ts";

it.each([".", ".."])("asks for the id %s, and for nothing that the address would be without it", async (id) => {
  const { url, requests } = await listenAsProducer(() => refusal(404, "not-found"));
  const client = createClient({ url, auth: null, retry: { tries: 1 } });
  const calls = [
    client.get(id),
    client.run(id),
    client.cancel(id),
    client.deadLetters.get(id),
    client.deadLetters.replay(id),
    client.deadLetters.delete(id),
    client.queues.get(id),
    client.queues.purge(id),
    client.schedules.run(id),
  ];
  const outcomes = await Promise.allSettled(calls);
  expect(outcomes.map(({ status }) => status)).toEqual(calls.map(() => "rejected"));
  const encoded = id.replaceAll(".", "%252E");
  for (const { path } of requests) expect(path).toContain(`/${encoded}`);
  expect(requests).toHaveLength(calls.length);
});
