import { Channel, credentials } from "@grpc/grpc-js";
import { urlHost } from "../kernel/port.ts";

/**
 * What the constructor of `CloudTasksClient` takes to reach an emulator. An alias rather than an interface, since the
 * client's own type has an index signature.
 */
export type CloudTasksClientOptions = {
  readonly apiEndpoint: string;
  readonly port: number;
  readonly universeDomain: string;
  readonly sslCreds: OfAnyCopy;
  readonly "grpc.channelFactoryOverride": (...channel: OfAnyCopy) => object;
};

/** Two copies of grpc-js have types that don't match, though their objects work together. */
// oxlint-disable-next-line typescript/no-explicit-any
type OfAnyCopy = any;

/**
 * Options for Google's client to call an emulator over gRPC, without credentials.
 *
 * A channel of grpc-js accepts only credentials of its own copy, and the client may have loaded another copy than this
 * package did: when this package is linked from a folder, say, or the package manager keeps each package's dependencies
 * apart. So the channel comes from here, too (https://github.com/grpc/grpc-node/blob/master/packages/grpc-js/README.md,
 * channelFactoryOverride). All else stays the client's. Handing it our whole copy, by its `grpc` option, would
 * not do: the stubs that google-gax makes with a copy are cached for all clients in the process.
 */
export function clientOptions({ host, port }: { host: string; port: number }): CloudTasksClientOptions {
  return {
    apiEndpoint: urlHost(host),
    port,
    sslCreds: credentials.createInsecure(),
    "grpc.channelFactoryOverride": (...channel: ConstructorParameters<typeof Channel>) => new Channel(...channel),
    // Otherwise the client looks for credentials, and for a metadata server, to find out its universe.
    universeDomain: "googleapis.com",
  };
}
