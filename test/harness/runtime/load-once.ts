import { GrpcClient } from "google-gax";

type Load = GrpcClient["loadProtoJSON"];
type Loaded = ReturnType<Load>;

const loaded = new WeakMap<object, Loaded>();
// oxlint-disable-next-line unbound-method -- It is called with its own client.
const load = GrpcClient.prototype.loadProtoJSON;

function loadOnce(this: GrpcClient, description: Parameters<Load>[0], ignoreCache = false): Loaded {
  const known = ignoreCache ? undefined : loaded.get(description);
  const services = known ?? load.call(this, description, ignoreCache);
  if (!ignoreCache) loaded.set(description, services);
  return services;
}

/**
 * Google's clients share what they make of an API's description, but each new client writes out and hashes the whole
 * description to find it: two milliseconds of a processor, and tests start thousands of clients. So a worker finds it by
 * the description itself. vitest runs this before each test file of the kinds that start clients.
 */
if (GrpcClient.prototype.loadProtoJSON.name !== loadOnce.name) GrpcClient.prototype.loadProtoJSON = loadOnce;
