import type protobuf from "protobufjs/light.js";
import { loadProtos } from "../../../packages/emulators/src/rpc/proto.ts";
import type { GrpcConnection } from "./grpc-connection.ts";

/** A message as protobufjs decodes it, without static types. */
// oxlint-disable-next-line typescript/no-explicit-any -- as in rpc/bind-service.ts
export type Message = any;

/** Makes one call of a service over a connection, and returns its replies. */
export type Caller = (connection: GrpcConnection, method: string, request: object) => Promise<Message[]>;

/** A caller of Firestore's data API. */
export function createFirestoreCaller(): Caller {
  const packages = ["google.firestore.v1", "google.protobuf", "google.rpc", "google.type"];
  return createCaller(
    loadProtos({ npmPackage: "@google-cloud/firestore-api" }, packages),
    "google.firestore.v1.Firestore",
  );
}

/** A caller of Cloud Tasks. */
export function createCloudTasksCaller(): Caller {
  const packages = ["google.cloud.tasks.v2", "google.iam.v1", "google.protobuf", "google.rpc", "google.type"];
  return createCaller(loadProtos({ npmPackage: "@google-cloud/tasks" }, packages), "google.cloud.tasks.v2.CloudTasks");
}

function createCaller(protos: protobuf.Root, serviceName: string): Caller {
  const service = protos.lookupService(serviceName);
  return async (connection, name, request) => {
    const { resolvedRequestType, resolvedResponseType } = methodOf(service, name);
    if (!resolvedRequestType || !resolvedResponseType) throw new Error(`The types of ${name} are not loaded.`);
    const replies = await connection.call(`/${serviceName}/${name}`, resolvedRequestType.encode(request).finish());
    return replies.map((reply) => resolvedResponseType.decode(reply));
  };
}

function methodOf(service: protobuf.Service, name: string): protobuf.Method {
  const method = service.methods[name];
  if (!method) throw new Error(`${service.name} has no method ${name}.`);
  method.resolve();
  return method;
}
