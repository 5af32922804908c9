import { Client, credentials, type ServiceError } from "@grpc/grpc-js";
import protobuf from "protobufjs/light.js";
import { onTestFinished } from "vitest";
import type { RpcHandler } from "../../src/rpc/bind-service.ts";
import type { StreamHandler } from "../../src/rpc/duplex-call.ts";
import { startEndpoint } from "../../src/rpc/endpoint.ts";
import { type LogEntry, recordingLog } from "./recorded-log.ts";

const call = (streams: { requestStream?: boolean; responseStream?: boolean } = {}) => ({
  requestType: "Message",
  responseType: "Message",
  comment: "",
  ...streams,
});

/** A service of our own: one unary call, one that streams its replies, one that streams both. */
const root = protobuf.Root.fromJSON({
  nested: {
    test: {
      nested: {
        Message: { fields: { text: { id: 1, type: "string" } } },
        Echo: {
          methods: {
            Say: call(),
            Repeat: call({ responseStream: true }),
            Listen: call({ requestStream: true, responseStream: true }),
            Collect: call({ requestStream: true }),
          },
        },
      },
    },
  },
});

const message = root.lookupType("test.Message");
const serialize = (value: object): Buffer => Buffer.from(message.encode(value).finish());
const deserialize = (bytes: Buffer): object => message.toObject(message.decode(bytes));

export interface Replies {
  readonly replies: object[];
  /** How the call ended, if not well. */
  readonly error?: ServiceError;
}

interface StreamsOption {
  readonly streams?: Readonly<Record<string, StreamHandler>>;
}

/** An endpoint with the service, and a real gRPC client of it. */
export async function startEcho(
  methods: Readonly<Record<string, RpcHandler>>,
  {
    streams,
    isLate = false,
    ...options
  }: StreamsOption & { port?: number; maxRequestBytes?: number; isLate?: boolean } = {},
) {
  const entries: LogEntry[] = [];
  const loaded: string[] = [];
  const load = () => {
    loaded.push("test.Echo");
    return root.lookupService("test.Echo");
  };
  const endpoint = await startEndpoint({
    ...options,
    services: [{ name: "test.Echo", load, isLate, methods, ...(streams ? { streams } : {}) }],
    http: (request, response) => void response.end(`${request.method} ${request.url}`),
    log: recordingLog((entry) => entries.push(entry)),
  });
  const client = new Client(`${endpoint.host}:${endpoint.port}`, credentials.createInsecure());
  onTestFinished(async () => {
    client.close();
    await endpoint.stop();
  });

  return {
    endpoint,
    /** The services that it has loaded. */
    loaded,
    /** What the endpoint has logged. */
    entries,
    /** Makes a unary call. */
    call: (method: string, text: string) =>
      new Promise<Replies>((resolve) => {
        const path = `/test.Echo/${method}`;
        client.makeUnaryRequest(path, serialize, deserialize, { text }, (error, reply) =>
          resolve(error ? { replies: [], error } : { replies: reply ? [reply] : [] }),
        );
      }),
    /** Makes a call whose replies are streamed; `onReply` is called for each. */
    stream: (method: string, text: string, onReply?: () => void) =>
      new Promise<Replies>((resolve) => {
        const replies: object[] = [];
        const call = client.makeServerStreamRequest(`/test.Echo/${method}`, serialize, deserialize, { text });
        call.on("data", (reply: object) => {
          replies.push(reply);
          onReply?.();
        });
        call.on("error", (error: ServiceError) => resolve({ replies, error }));
        call.on("end", () => resolve({ replies }));
      }),
    /** Opens a call of Listen. */
    open: () => client.makeBidiStreamRequest("/test.Echo/Listen", serialize, deserialize),
  };
}
