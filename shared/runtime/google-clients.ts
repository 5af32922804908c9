import { Firestore } from "@google-cloud/firestore";
import type { CloudTasksClient } from "@google-cloud/tasks";

/** A client of the project's record database. Like all of Google's clients it finds an emulator by FIRESTORE_EMULATOR_HOST. */
export function createFirestore(config: { GOOGLE_CLOUD_PROJECT: string; FIRESTORE_DATABASE: string }): Firestore {
  return new Firestore({ projectId: config.GOOGLE_CLOUD_PROJECT, databaseId: config.FIRESTORE_DATABASE });
}

/**
 * A client of Cloud Tasks, over gRPC. Its modules are loaded by this call: they take longer to load than the rest of a
 * service.
 *
 * @param emulator where an emulator listens; default: the real service, with the process's own credentials.
 */
export async function createCloudTasksClient(emulator?: { host: string; port: number }): Promise<CloudTasksClient> {
  const { CloudTasksClient: Client } = await import("@google-cloud/tasks");
  if (!emulator) return new Client();
  // CommonJS modules, which have nothing but a default export when a bundle loads them late.
  const { default: grpc } = await import("@grpc/grpc-js");
  const { default: auth } = await import("google-auth-library");
  return new Client({
    apiEndpoint: emulator.host,
    port: emulator.port,
    sslCreds: grpc.credentials.createInsecure(),
    // Without it the first call looks for a metadata server before it is sent.
    authClient: new auth.PassThroughClient(),
  });
}
