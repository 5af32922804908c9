import { expect, onTestFinished, test } from "vitest";
import { runFolder } from "../../chaos/run-folder.ts";
import { COMMON } from "../../chaos/stack/emulators.ts";
import { Processes } from "../../chaos/stack/process.ts";
import { ProgramSlot } from "../../chaos/stack/program-slot.ts";
import { freePort } from "../../harness/network/free-port.ts";
import { temporaryFolder } from "../../harness/runtime/temporary-folder.ts";

test("two faults that end the same process both see its replacement", async () => {
  const processes = new Processes(runFolder(temporaryFolder()));
  // Nothing calls it, so its emulators need not exist.
  const [port, nowhere] = [await freePort(), `127.0.0.1:${await freePort()}`];
  const slot = new ProgramSlot(processes, {
    program: "producer",
    slot: 0,
    port,
    environment: {
      ...COMMON,
      FIRESTORE_EMULATOR_HOST: nowhere,
      CLOUD_TASKS_EMULATOR_HOST: nowhere,
      WORKER_URL: `http://${nowhere}`,
    },
  });
  onTestFinished(async () => {
    slot.giveUp();
    await processes.killAll();
  });
  await slot.start();
  const first = slot.process?.pid;

  await Promise.all([slot.replace("SIGKILL"), slot.replace("SIGKILL")]);

  expect(slot.process?.pid).not.toBe(first);
});
