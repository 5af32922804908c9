import type * as cloudTasks from "@google-cloud/tasks";
import type { CloudTasksClient } from "@google-cloud/tasks";
import { RecordDatabase } from "../records/wire/record-database.ts";

/** A client of the project's record database. */
export function createFirestore(config: {
  readonly GOOGLE_CLOUD_PROJECT: string;
  readonly FIRESTORE_DATABASE: string;
  readonly FIRESTORE_EMULATOR_HOST?: HostAndPort | undefined;
}): RecordDatabase {
  const { GOOGLE_CLOUD_PROJECT: projectId, FIRESTORE_DATABASE: databaseId, FIRESTORE_EMULATOR_HOST: emulator } = config;
  return new RecordDatabase({ projectId, databaseId, emulator });
}

/**
 * A client of Cloud Tasks, over gRPC. This call loads its modules, which take longer to load than the rest of a
 * service.
 *
 * @param emulator the emulator's address; default: the real service, with the process's own credentials.
 */
export async function createCloudTasksClient(emulator?: HostAndPort): Promise<CloudTasksClient> {
  return await createClient(emulator, ({ CloudTasksClient: Client }) => Client);
}

/** A client of Cloud Tasks that is loaded on first use, for programs that may never need it. */
export function lateCloudTasksClient(emulator?: HostAndPort) {
  return lateClient(() => createCloudTasksClient(emulator));
}

/** Does the same for the beta version of Cloud Tasks, the only one that returns queue statistics. */
export function lateStatisticsClient(emulator?: HostAndPort) {
  return lateClient(() => createClient(emulator, ({ v2beta3: { CloudTasksClient: Client } }) => Client));
}

interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

async function createClient<Client>(
  emulator: HostAndPort | undefined,
  versionOf: (api: typeof cloudTasks) => new (options?: ConstructorParameters<typeof CloudTasksClient>[0]) => Client,
): Promise<Client> {
  const Client = versionOf(await import("@google-cloud/tasks"));
  if (!emulator) return new Client();
  // A CommonJS module: loaded by a bundle with a dynamic import, it has only a default export.
  const { default: grpc } = await import("@grpc/grpc-js");
  const { default: auth } = await import("google-auth-library");
  return new Client({
    apiEndpoint: emulator.host,
    port: emulator.port,
    sslCreds: grpc.credentials.createInsecure(),
    // Without it, the first call looks for a metadata server before it is sent.
    authClient: new auth.PassThroughClient(),
  });
}

function lateClient<Client extends { close(): Promise<unknown> }>(create: () => Promise<Client>) {
  let loading: Promise<Client> | undefined;
  return {
    get: (): Promise<Client> => (loading ??= create()),
    /** Closes the client, if it was created, when its calls have ended. */
    async close(): Promise<void> {
      await (await loading)?.close();
    },
  };
}
