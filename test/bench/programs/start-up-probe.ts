import { performance } from "node:perf_hooks";

/**
 * Measures one emulator's start in this process, which must be new: importing its modules, listening, and the first
 * call of Google's client until its response; then the last two again, warm. The client is imported beforehand, as
 * tests import it in any case, but what it does lazily at its first call is part of that call.
 */
const [which] = process.argv.slice(2);
const figures = which === "firestore" ? await probeFirestore() : await probeCloudTasks();
process.stdout.write(`${JSON.stringify(figures)}\n`);
process.exit(0);

interface Figures {
  readonly importMs: number;
  readonly listenMs: number;
  readonly firstCallMs: number;
  readonly warmMs: number;
}

interface Address {
  readonly host: string;
  readonly port: number;
}

async function probeFirestore(): Promise<Figures> {
  const { Firestore } = await import("@google-cloud/firestore");
  return await measure({
    load: async () => (await import("handoff-emulators/firestore")).startFirestoreEmulator,
    call: async ({ host, port }) => {
      const db = new Firestore({ projectId: "bench", host: `${host}:${port}`, ssl: false });
      await db.doc("things/one").set({ n: 1 });
    },
  });
}

async function probeCloudTasks(): Promise<Figures> {
  const { createCloudTasksClient } = await import("../../../shared/runtime/google-clients.ts");
  await import("@google-cloud/tasks");
  return await measure({
    load: async () => (await import("handoff-emulators/cloud-tasks")).startCloudTasksEmulator,
    call: async (address) => {
      const client = await createCloudTasksClient(address);
      const parent = client.locationPath("bench", "local");
      await client.createQueue({ parent, queue: { name: client.queuePath("bench", "local", "first") } });
    },
  });
}

async function measure(emulator: {
  load: () => Promise<() => Promise<Address>>;
  call: (address: Address) => Promise<void>;
}): Promise<Figures> {
  const importFrom = performance.now();
  const start = await emulator.load();
  const listenFrom = performance.now();
  const address = await start();
  const callFrom = performance.now();
  await emulator.call(address);
  const warmFrom = performance.now();
  await emulator.call(await start());
  return {
    importMs: listenFrom - importFrom,
    listenMs: callFrom - listenFrom,
    firstCallMs: warmFrom - callFrom,
    warmMs: performance.now() - warmFrom,
  };
}
