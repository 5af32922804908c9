import { CloudTasksClient } from "@google-cloud/tasks";
import { credentials } from "@grpc/grpc-js";
import { PassThroughClient } from "google-auth-library";

/**
 * A client of Cloud Tasks, over gRPC.
 *
 * @param emulator where an emulator listens; default: the real service, with the process's own credentials.
 */
export function createCloudTasksClient(emulator?: { host: string; port: number }): CloudTasksClient {
  if (!emulator) return new CloudTasksClient();
  return new CloudTasksClient({
    apiEndpoint: emulator.host,
    port: emulator.port,
    sslCreds: credentials.createInsecure(),
    // Without it the first call looks for a metadata server before it is sent.
    authClient: new PassThroughClient(),
  });
}
