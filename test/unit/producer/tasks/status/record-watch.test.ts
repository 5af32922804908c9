import { expect, it } from "vitest";
import { VirtualClock } from "handoff-emulators/clock";
import { RecordWatch } from "../../../../../services/producer/tasks/status/record-watch.ts";
import type { RecordWatcher } from "../../../../../services/producer/tasks/task-records.ts";
import { parseTaskId } from "../../../../../shared/contract/task-id.ts";
import { DependencyError } from "../../../../../shared/runtime/dependency-error.ts";

it("ends a wait if the record can't be watched any more, and says why", async () => {
  const clock = new VirtualClock();
  let watcher: RecordWatcher | undefined;
  let isStopped = false;
  const id = parseTaskId("0123456789abcdef0123456789abcdef-default")!;
  const watch = new RecordWatch(id, {
    watch: (_, given) => {
      watcher = given;
      return () => void (isStopped = true);
    },
  });
  watcher?.onRecord(undefined);
  expect(await watch.latest({ clock, timeoutMs: 3_000 })).toBeUndefined();
  const changed = watch.changed({ clock, timeoutMs: 30_000 });
  const failure = new DependencyError("firestore", new Error("Error 7: no"));
  watcher?.onFailure(failure);
  await changed;
  await expect(watch.latest({ clock, timeoutMs: 3_000 })).rejects.toBe(failure);
  expect(clock.pending).toBe(0);
  watch.stop();
  expect(isStopped).toBe(true);
});
