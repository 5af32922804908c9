import { expect, onTestFinished, test } from "vitest";
import { flood } from "../harness/overload/flood.ts";
import { startSmallInstances } from "../harness/overload/small-instances.ts";

const LIMIT_MS = 240_000;

test.each(["lists in lists", "objects with names of their own, in one another"] as const)(
  "100 tasks at the limits stop neither an instance of 256 MiB nor another queue's tasks, when their values are %s",
  { timeout: LIMIT_MS },
  async (shape) => {
    const instances = await startSmallInstances();
    onTestFinished(() => instances.stop());

    const { live } = await flood(instances, { shape, largeTasks: 100, canaries: 30 });

    // How fast is for `npm run bench` to say. Here it is enough that everything was done, by the same processes.
    expect([instances.worker.isAlive(), instances.producer.isAlive()]).toEqual([true, true]);
    expect(live.worker.length).toBeGreaterThan(0);
  },
);
