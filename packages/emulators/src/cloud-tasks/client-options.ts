import * as grpc from "@grpc/grpc-js";

/**
 * What the constructor of `CloudTasksClient` takes to reach an emulator. An alias rather than an interface, since the
 * client's own type has an index signature.
 */
export type CloudTasksClientOptions = {
  readonly apiEndpoint: string;
  readonly port: number;
  readonly universeDomain: string;
  readonly grpc: OfAnyCopy;
  readonly sslCreds: OfAnyCopy;
};

/** Two copies of grpc-js have types that don't match, though their objects are used alike. */
// oxlint-disable-next-line typescript/no-explicit-any
type OfAnyCopy = any;

/**
 * Options for Google's client to call an emulator over gRPC, without credentials.
 *
 * A copy of grpc-js accepts only credentials that it made itself, and the client may have loaded another copy than this
 * package did: when this package is linked from a folder, say, or the package manager keeps each package's dependencies
 * apart. So the client is handed our copy along with its credentials and uses it for everything.
 */
export function clientOptions({ host, port }: { host: string; port: number }): CloudTasksClientOptions {
  return {
    apiEndpoint: host,
    port,
    grpc,
    sslCreds: grpc.credentials.createInsecure(),
    // Otherwise the client looks for credentials, and for a metadata server, to find out its universe.
    universeDomain: "googleapis.com",
  };
}
