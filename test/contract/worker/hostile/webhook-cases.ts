import type { LookupAddress } from "node:dns";
import { expect } from "vitest";
import { createDeliverWebhook } from "../../../../services/worker/handlers/deliver-webhook.ts";
import { deliverWebhook } from "../../../../shared/tasks/webhook-deliver.ts";
import { WEBHOOK_SECRET, WEBHOOK_SETTINGS } from "../../../harness/worker/webhook-harness.ts";
import { startWebhookReceiver } from "../../../harness/network/webhook-receiver.ts";
import { sealTask, setUpWorker } from "../../../harness/worker/worker-harness.ts";
import type { HostileCase } from "./hostile-case.ts";

const LOOPBACK: LookupAddress = { address: "127.0.0.1", family: 4 };
const PUBLIC: LookupAddress = { address: "8.8.8.8", family: 4 };

/** A host, and what its name resolves to at the first and all later lookups. */
const HOSTS: readonly [input: string, host: string, answers?: readonly LookupAddress[][]][] = [
  ["169.254.169.254", "169.254.169.254"],
  ["[::1]", "[::1]"],
  ["10.1.2.3", "10.1.2.3"],
  ["127.0.0.1 as a number", "2130706433"],
  ["a name for loopback", "subscriber.test", [[LOOPBACK]]],
  ["a name for the metadata server", "subscriber.test", [[{ address: "169.254.169.254", family: 4 }]]],
  ["a name for a public address and for loopback", "subscriber.test", [[PUBLIC, LOOPBACK]]],
  ["a name that is public only at the second lookup", "subscriber.test", [[LOOPBACK], [PUBLIC]]],
];

/** Row 25. deliver-webhook-addresses.test.ts shows that the address checked is the address connected to. */
export const WEBHOOK_CASES: readonly HostileCase[] = HOSTS.map(refusedAddress);

function refusedAddress([input, host, answers = []]: (typeof HOSTS)[number]): HostileCase {
  return {
    row: 25,
    title: `keeps a webhook to ${input} as a dead letter, and opens no connection`,
    async run(onTestFinished) {
      const receiver = await startWebhookReceiver();
      onTestFinished(() => receiver.close());
      let lookups = 0;
      const resolve = () => Promise.resolve(answers[Math.min(lookups++, answers.length - 1)] ?? []);
      const handler = createDeliverWebhook({ resolve }).withSettings(WEBHOOK_SETTINGS);
      const worker = await setUpWorker(() => [handler], { onTestFinished });
      const url = `http://${host}:${receiver.port}/`;
      const task = sealTask(deliverWebhook, { url, event: "order.paid", data: null });

      const answer = await worker.deliver(task);

      expect([answer.status, answer.headers.get("handoff-outcome")]).toEqual([200, "dead"]);
      expect(await worker.recordOf(task)).toMatchObject({ state: "dead", lastError: { code: "address_refused" } });
      expect(await worker.deadLetters()).toHaveLength(1);
      expect(receiver.connections).toBe(0);
      expect(worker.logged.join("") + (await answer.text())).not.toContain(WEBHOOK_SECRET);
    },
  };
}
