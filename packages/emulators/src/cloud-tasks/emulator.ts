import { clientOptions } from "./client-options.ts";
import type { CloudTasksEmulator, CloudTasksEmulatorOptions } from "./emulator-options.ts";
import { startServing } from "./start-emulator.ts";

/**
 * Starts an emulator of Cloud Tasks that delivers to HTTP targets. It serves gRPC for `CloudTasksClient`, and on the
 * same port REST and the public keys of its tokens over HTTP/1.1. Besides v2 there are v2beta3 and, for push queues,
 * v2beta2.
 *
 * @throws Error with code EADDRINUSE when the port is taken; DataFolderError when the data folder can't be used;
 * QueueDefinitionError when the definition of a queue is invalid; NotStoredError when a queue couldn't be stored;
 * RangeError when a name in `allowHosts` is invalid.
 */
export async function startCloudTasksEmulator(options: CloudTasksEmulatorOptions = {}): Promise<CloudTasksEmulator> {
  const emulator = await startServing(options);
  return { ...emulator, clientOptions: () => clientOptions(emulator) };
}
