import { Client, Metadata, credentials, type status } from "@grpc/grpc-js";
import type protobuf from "protobufjs/light.js";
import { loadProtos } from "../../../../src/rpc/proto.ts";
import type { JsonObject } from "./json.ts";

/** What an emulator answered: its replies (one, or as many as it streamed) and the status that the call ended with. */
export interface WireAnswer {
  readonly code: status;
  readonly message: string;
  readonly replies: readonly JsonObject[];
}

/**
 * A client without any will of its own: a request in proto3's JSON goes out as it is, once, and every reply comes back.
 * Bytes are base64, int64s and what JSON has no number for are texts, enums are names.
 */
export interface WireClient {
  call(method: string, request: JsonObject): Promise<WireAnswer>;
  close(): void;
}

/** Longer than either emulator waits for a lock, so that a wait shows as its own error. */
const DEADLINE_MS = 25_000;

const SERVICE = "google.firestore.v1.Firestore";

const AS_JSON: protobuf.IConversionOptions = { longs: String, enums: String, bytes: String, json: true };

/** Connects to the Firestore emulator at `host:port`. */
export function connect(address: string): WireClient {
  const client = new Client(address, credentials.createInsecure(), { "grpc.max_receive_message_length": -1 });
  const protos = loadProtos({ npmPackage: "@google-cloud/firestore-api" }, [
    "google.firestore.v1",
    "google.protobuf",
    "google.rpc",
    "google.type",
  ]);
  const methods = new Map(protos.lookupService(SERVICE).methodsArray.map((method) => [method.name, method]));
  return {
    call(name, request) {
      const method = methods.get(name);
      if (!method) throw new Error(`Firestore has no call ${name}.`);
      method.resolve();
      return send(client, method, request);
    },
    close: () => client.close(),
  };
}

/** Every call as a stream, since a unary one is a stream of one reply. */
function send(client: Client, method: protobuf.Method, request: JsonObject): Promise<WireAnswer> {
  const { resolvedRequestType: requestType, resolvedResponseType: responseType } = method;
  if (!requestType || !responseType) throw new Error(`The types of ${method.name} are not among the loaded protos.`);
  const stream = client.makeServerStreamRequest<JsonObject, JsonObject>(
    `/${SERVICE}/${method.name}`,
    (message) => Buffer.from(requestType.encode(requestType.fromObject(message)).finish()),
    (bytes) => plain(responseType.toObject(responseType.decode(bytes), AS_JSON)),
    request,
    asOwner(),
    { deadline: Date.now() + DEADLINE_MS },
  );
  const replies: JsonObject[] = [];
  const { promise, resolve } = Promise.withResolvers<WireAnswer>();
  stream.on("data", (reply: JsonObject) => replies.push(reply));
  stream.on("error", () => undefined); // the status says it too
  stream.on("status", ({ code, details }) => resolve({ code, message: details, replies }));
  return promise;
}

/** As Google's client calls an emulator, which keeps some calls from others. */
function asOwner(): Metadata {
  const metadata = new Metadata();
  metadata.set("authorization", "Bearer owner");
  return metadata;
}

/** -0 is a number in JSON, but not one that survives being printed. */
function plain(decoded: Record<string, unknown>): JsonObject {
  const text = JSON.stringify(decoded, (_, value: unknown) => (Object.is(value, -0) ? "-0" : value));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what JSON gives back is JSON, and an object stays one
  return JSON.parse(text) as JsonObject;
}
