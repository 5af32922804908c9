import fs from "node:fs";
import path from "node:path";
import type { TestContext } from "vitest";
import { startFirestoreEmulator } from "handoff-emulators/firestore";
import { VirtualClock } from "handoff-emulators/clock";
import { COMPILE_CACHE } from "../../../services/local/compile-cache.ts";
import { PROJECT_DIR } from "../../../tools/project-dir.ts";
import { AUDIENCE, INVOKER } from "../../harness/auth/token-rules.ts";
import { connectToEmulator } from "../../harness/firestore/connect-to-emulator.ts";
import { CLOUD_VARIABLES } from "../../harness/registry/registered-variables.ts";
import { WEBHOOK_SECRET } from "../../harness/worker/webhook-harness.ts";
import { unpackPreviousRevision } from "./previous-revision.ts";
import { type ServiceName, startService } from "./service-process.ts";
import { type Reaction, type Subscriber, startSubscribers } from "./subscribers.ts";

/** One of the two that are deployed side by side. */
export type Revision = "previous" | "today";

/** Variables of every service, in either revision. Queues that no variable names are named by their keys. */
const ENVIRONMENT = {
  METADATA_SERVER_DETECTION: "none",
  GOOGLE_CLOUD_PROJECT: "handoff-test",
  GOOGLE_CLOUD_LOCATION: "europe-west1",
  WORKER_AUDIENCE: AUDIENCE,
  INVOKER_SERVICE_ACCOUNT: INVOKER,
};

/**
 * Firestore and webhook subscribers, shared by services of either revision. Each service is a process of its own.
 *
 * @param variables what each service's environment has besides.
 */
export async function startSurroundings(
  { onTestFinished }: TestContext,
  variables: Readonly<Record<string, string>> = {},
) {
  const cleanUps: (() => unknown)[] = [];
  onTestFinished(async () => {
    for (const cleanUp of cleanUps.toReversed()) await cleanUp();
  });
  const storeClock = new VirtualClock();
  const emulator = await startFirestoreEmulator({ clock: storeClock });
  cleanUps.push(() => emulator.stop());
  const db = connectToEmulator(emulator);
  cleanUps.push(() => db.terminate());
  const subscribers = await startSubscribers();
  cleanUps.push(() => subscribers.close());

  const folders = new Map<Revision, string>([["today", PROJECT_DIR]]);
  const folderOf = (revision: Revision): string => {
    const known = folders.get(revision);
    if (known !== undefined) return known;
    const folder = unpackPreviousRevision();
    cleanUps.push(() => fs.rmSync(folder, { recursive: true }));
    folders.set(revision, folder);
    return folder;
  };
  /** Resolves with the service's URL. */
  const start = async (revision: Revision, name: ServiceName, env: Readonly<Record<string, string>>) => {
    const folder = folderOf(revision);
    const places = {
      FIRESTORE_EMULATOR_HOST: `${emulator.host}:${emulator.port}`,
      ...COMPILE_CACHE,
      // At the same places, the previous revision has other sources.
      ...(revision === "previous" ? { NODE_COMPILE_CACHE: path.join(folder, "node_modules/.cache/previous") } : {}),
    };
    const service = startService({ folder, name }, { ...ENVIRONMENT, ...variables, ...places, ...env });
    cleanUps.push(() => service.stop());
    return await service.url;
  };
  return {
    db,
    emulator,
    /** Firestore's clock. It stands still until a test moves it. */
    storeClock,
    subscribe: (reaction: Reaction): Subscriber => subscribers.subscribe(reaction),
    /** Run when the test ends, the last one first, each awaited. */
    cleanUps,
    startWorker: (revision: Revision, certsUrl: string) =>
      start(revision, "worker", {
        ...CLOUD_VARIABLES,
        OIDC_CERTS_URL: certsUrl,
        WORKER_URL: "http://127.0.0.1:9",
        WEBHOOK_SIGNING_SECRET: WEBHOOK_SECRET,
        WEBHOOK_ALLOW_PRIVATE_ADDRESSES: "true",
      }),
    startProducer: (revision: Revision, env: { CLOUD_TASKS_EMULATOR_HOST: string; WORKER_URL: string }) =>
      start(revision, "producer", { AUTH_MODE: "local", ...env }),
  };
}

export type Surroundings = Awaited<ReturnType<typeof startSurroundings>>;
