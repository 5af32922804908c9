import { Firestore } from "@google-cloud/firestore";
import { CloudTasksClient } from "@google-cloud/tasks";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { VirtualClock, startCloudTasksEmulator, startFirestoreEmulator } from "handoff-emulators";
import { addTaskMatchers } from "handoff-emulators/vitest";

addTaskMatchers(expect);

test("a reminder goes out a day later, and only once, though the mail server is down at first and a response is lost", async () => {
  const clock = new VirtualClock();
  const queues = [{ name: "mail", retryConfig: { minBackoff: "10s" } }];
  const tasks = await startCloudTasksEmulator({ clock, queues });
  const firestore = await startFirestoreEmulator({ clock });
  const client = new CloudTasksClient(tasks.clientOptions());
  const db = new Firestore(firestore.clientOptions());

  // The code under test: a worker that remembers which reminders it has sent.
  let mailServerIsUp = false;
  let sent = 0;
  async function handle(task: string): Promise<number> {
    if (!mailServerIsUp) return 503;
    const reminder = db.doc(`reminders/${task}`);
    if ((await reminder.get()).exists) return 200;
    sent += 1;
    await reminder.create({ sentAt: new Date(clock.now()) });
    return 200;
  }
  const worker = createServer((request, response) => {
    const task = String(request.headers["x-cloudtasks-taskname"]);
    void handle(task).then((status) => response.writeHead(status).end());
  }).listen(0, "127.0.0.1");
  await once(worker, "listening");
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens on a port
  const { port } = worker.address() as AddressInfo;

  // The second attempt succeeds, but Cloud Tasks never sees the response.
  tasks.inject({ kind: "answer-lost", dispatch: 2 });
  const parent = "projects/emulated/locations/local/queues/mail";
  const name = `${parent}/tasks/reminder-1`;
  const scheduleTime = { seconds: clock.now() / 1000 + 86_400 };
  const httpRequest = { url: `http://127.0.0.1:${port}/reminders` };
  await client.createTask({ parent, task: { name, scheduleTime, httpRequest } });

  await clock.advance("23h");
  expect(tasks.history()).toEqual([]);
  await clock.advance("1h");
  mailServerIsUp = true;
  await clock.advance("1m");

  expect(tasks).toHaveRetried(name, { times: 2, afterMs: [10_000, 20_000] });
  expect(tasks).toHaveSucceeded(name, { attempts: 3 });
  expect(sent).toBe(1);

  await Promise.all([client.close(), db.terminate()]);
  await Promise.all([tasks.stop(), firestore.stop()]);
  worker.close();
});
