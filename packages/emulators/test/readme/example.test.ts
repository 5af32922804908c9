// packages/emulators/README.md shows all of this but the imports of our own modules; test/unit/repository.test.ts holds it to that.
import { CloudTasksClient } from "@google-cloud/tasks";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { startCloudTasksEmulator } from "../../../src/cloud-tasks/emulator.ts";
import { VirtualClock } from "../../../src/kernel/virtual-clock.ts";
import { addTaskMatchers } from "../../../src/vitest.ts";

addTaskMatchers(expect);

test("a reminder goes out a day later, once, though the mail server fails at first and the answer gets lost", async () => {
  const clock = new VirtualClock();
  const queue = "projects/emulated/locations/local/queues/mail";
  const tasks = await startCloudTasksEmulator({
    clock,
    queues: [{ name: "mail", retryConfig: { minBackoff: "10s" } }],
  });
  const client = new CloudTasksClient(tasks.clientOptions());
  const sent = new Set<string>();
  let mailServerIsUp = false;
  const worker = createServer((request, response) => {
    if (mailServerIsUp) sent.add(String(request.headers["x-cloudtasks-taskname"]));
    response.writeHead(mailServerIsUp ? 204 : 503).end();
    mailServerIsUp = true;
  }).listen(0, "127.0.0.1");
  await once(worker, "listening");
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens on a port
  const { port } = worker.address() as AddressInfo;

  tasks.inject({ kind: "answer-lost", dispatch: 2 });
  const name = `${queue}/tasks/reminder-1`;
  const tomorrow = { seconds: clock.now() / 1000 + 86_400 };
  const httpRequest = { url: `http://127.0.0.1:${port}/reminders` };
  await client.createTask({ parent: queue, task: { name, scheduleTime: tomorrow, httpRequest } });

  await clock.advance("23h");
  expect(tasks.history()).toEqual([]);
  await clock.advance("2h");

  expect(tasks).toHaveRetried(name, { times: 2, afterMs: [10_000, 20_000] });
  expect(tasks).toHaveBeenDelivered(name, { attempts: 3 });
  expect([...sent]).toEqual(["reminder-1"]);

  await client.close();
  await tasks.stop();
  worker.close();
});
