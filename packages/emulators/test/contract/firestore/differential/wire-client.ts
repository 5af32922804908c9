import { Client, Metadata, credentials, type status } from "@grpc/grpc-js";
import type protobuf from "protobufjs/light.js";
import { loadOnce, loadProtos } from "../../../../src/rpc/proto.ts";
import type { JsonObject } from "./json.ts";

/** An emulator's replies, one or as many as it streamed, and the status with which the call ended. */
export interface WireResult {
  readonly code: status;
  readonly message: string;
  readonly replies: readonly JsonObject[];
}

/**
 * A client that adds nothing: it sends a request in proto3's JSON as it is, once, and returns all replies. Bytes are
 * base64; int64s and numbers that JSON doesn't have are strings; enums are names.
 */
export interface WireClient {
  call(method: string, request: JsonObject): Promise<WireResult>;
  close(): void;
}

/** Longer than either emulator waits for a lock, so that such a wait ends with the emulator's own error. */
const DEADLINE_MS = 25_000;

const SERVICE = "google.firestore.v1.Firestore";

const AS_JSON: protobuf.IConversionOptions = { longs: String, enums: String, bytes: String, json: true };

const firestoreProtos = loadOnce(() =>
  loadProtos({ npmPackage: "@google-cloud/firestore-api" }, [
    "google.firestore.v1",
    "google.protobuf",
    "google.rpc",
    "google.type",
  ]),
);

/** Connects to the Firestore emulator at `host:port`. */
export function connect(address: string): WireClient {
  const client = new Client(address, credentials.createInsecure(), { "grpc.max_receive_message_length": -1 });
  const methods = new Map(
    firestoreProtos()
      .lookupService(SERVICE)
      .methodsArray.map((method) => [method.name, method]),
  );
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

/** Makes every call as a streaming one, since a unary call is a stream of one reply. */
function send(client: Client, method: protobuf.Method, request: JsonObject): Promise<WireResult> {
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
  const { promise, resolve } = Promise.withResolvers<WireResult>();
  stream.on("data", (reply: JsonObject) => replies.push(reply));
  stream.on("error", () => undefined); // the status has it too
  stream.on("status", ({ code, details }) => resolve({ code, message: details, replies }));
  return promise;
}

/** What Google's client sends to an emulator, which allows some calls only with it. */
function asOwner(): Metadata {
  const metadata = new Metadata();
  metadata.set("authorization", "Bearer owner");
  return metadata;
}

/** JSON has -0, but JavaScript doesn't print it. */
function plain(decoded: Record<string, unknown>): JsonObject {
  const text = JSON.stringify(decoded, (_, value: unknown) => (Object.is(value, -0) ? "-0" : value));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- JSON.parse of a printed object
  return JSON.parse(text) as JsonObject;
}
