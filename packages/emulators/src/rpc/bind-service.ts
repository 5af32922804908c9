import {
  Metadata,
  type MethodDefinition,
  type ServerWritableStream,
  type ServiceDefinition,
  type UntypedServiceImplementation,
  type handleUnaryCall,
} from "@grpc/grpc-js";
import type protobuf from "protobufjs/light.js";
import type { EmulatorLog } from "../kernel/emulator-log.ts";
import { type StreamHandler, duplexCall } from "./duplex-call.ts";
import { RpcCode, RpcError } from "./rpc-error.ts";
import { encodeStatusDetails } from "./status-details.ts";
import { findUnknownField } from "./unknown-fields.ts";
import type { WireMessage } from "./wire-message.ts";

/**
 * Handles one RPC. For a unary call it returns the reply; for a streaming call it sends replies and returns when done.
 * An RpcError that it throws becomes the call's status. Any other error becomes INTERNAL and is logged.
 */
export type RpcHandler = (request: WireMessage, send: (reply: object) => void) => unknown;

interface Binding {
  readonly service: protobuf.Service;
  readonly methods: Readonly<Record<string, RpcHandler>>;
  /** Handlers of RPCs with streamed requests. */
  readonly streams?: Readonly<Record<string, StreamHandler>>;
  readonly calls: Map<string, number>;
  /** Resets the connection from an address, `host:port`. */
  readonly breakConnection: (peer: string) => void;
  /** Called before each unary call; an RpcError that it throws becomes the call's status. */
  readonly admit?: Admission;
  /** Whether a unary call with a field that its message doesn't have is unimplemented. Default false: it is ignored. */
  readonly refuseUnknownFields?: boolean;
  readonly log?: EmulatorLog;
}

/** Decides about a call by its deadline, in milliseconds since the epoch; infinite without one. */
export type Admission = (call: { readonly deadlineMs: number }) => void;

/**
 * Binds handlers to the methods of a proto's service, for a gRPC server. Methods without a handler are unimplemented.
 *
 * @throws TypeError when a handler has no method, or its method's requests come in another way.
 */
export function bindService(binding: Binding): {
  definition: ServiceDefinition;
  implementation: UntypedServiceImplementation;
} {
  const definition: Record<string, MethodDefinition<WireMessage, object>> = {};
  const implementation: UntypedServiceImplementation = {};
  const left: HandlersLeft = {
    methods: new Map(Object.entries(binding.methods)),
    streams: new Map(Object.entries(binding.streams ?? {})),
  };
  for (const method of binding.service.methodsArray) {
    method.resolve();
    const implemented = implement(method, left, binding);
    if (!implemented) continue;
    definition[method.name] = defineMethod(method, binding.service.fullName.slice(1));
    implementation[method.name] = implemented;
  }
  const [leftOver] = [...left.methods.keys(), ...left.streams.keys()];
  if (leftOver !== undefined) {
    throw new TypeError(`${binding.service.fullName.slice(1)} has no RPC ${leftOver} that a handler can serve.`);
  }
  return { definition, implementation };
}

/** Handlers that no method has claimed yet. */
interface HandlersLeft {
  readonly methods: Map<string, RpcHandler>;
  readonly streams: Map<string, StreamHandler>;
}

/** Implements a method with its handler, which it takes from those that are left. Null when there is none. */
function implement(method: protobuf.Method, left: HandlersLeft, binding: Binding) {
  const { name, requestStream, responseStream } = method;
  if (!requestStream) {
    const handler = take(left.methods, name);
    if (!handler) return null;
    return responseStream ? streamingCall(name, handler, binding) : unaryCall(method, handler, binding);
  }
  // In the services here, RPCs with streamed requests have streamed replies.
  const handler = responseStream ? take(left.streams, name) : undefined;
  if (!handler) return null;
  return duplexCall(handler, {
    count: () => countCall(binding.calls, name),
    toServiceError: (error) => toServiceError(error, name, binding.log),
    breakConnection: binding.breakConnection,
  });
}

function take<Handler>(handlers: Map<string, Handler>, name: string): Handler | undefined {
  const handler = handlers.get(name);
  handlers.delete(name);
  return handler;
}

function defineMethod(method: protobuf.Method, serviceName: string): MethodDefinition<WireMessage, object> {
  const { resolvedRequestType: requestType, resolvedResponseType: responseType } = method;
  if (!requestType || !responseType) throw new Error(`The types of ${method.name} are not among the loaded protos.`);
  return {
    path: `/${serviceName}/${method.name}`,
    requestStream: method.requestStream === true,
    responseStream: method.responseStream === true,
    requestSerialize: (request: object) => Buffer.from(requestType.encode(request).finish()),
    // A unary call decodes its request itself, so that it can tell what is wrong.
    requestDeserialize: (bytes: Buffer) => (isUnary(method) ? bytes : requestType.decode(bytes)),
    responseSerialize: (reply: object) => asBuffer(responseType.encode(reply).finish()),
    responseDeserialize: (bytes: Buffer) => responseType.decode(bytes),
  };
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const isUnary = (method: protobuf.Method): boolean => !method.requestStream && !method.responseStream;

function unaryCall(
  method: protobuf.Method,
  handler: RpcHandler,
  binding: Binding,
): handleUnaryCall<Buffer, WireMessage> {
  const { name } = method;
  return (call, callback) => {
    countCall(binding.calls, name);
    const sendNothing = (): never => {
      throw new Error(`${name} is not a streaming call.`);
    };
    settle(() => {
      binding.admit?.({ deadlineMs: Number(call.getDeadline()) });
      return handler(decodeRequest(call.request, method, binding), sendNothing);
    }).then(
      (reply) => callback(null, reply),
      (error: unknown) => callback(toServiceError(error, name, binding.log)),
    );
  };
}

function decodeRequest(bytes: Buffer, method: protobuf.Method, binding: Binding): WireMessage {
  const { resolvedRequestType: type } = method;
  if (!type) throw new Error(`The types of ${method.name} are not among the loaded protos.`);
  let message: protobuf.Message;
  try {
    message = type.decode(bytes);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new RpcError(RpcCode.INTERNAL, `Error deserializing request: ${problem}`);
  }
  const unknown = binding.refuseUnknownFields === true ? findUnknownField(bytes, type) : undefined;
  if (unknown) {
    const problem = `This emulator doesn't know field ${unknown.id} of ${unknown.message}.`;
    throw new RpcError(RpcCode.UNIMPLEMENTED, problem);
  }
  return message;
}

function streamingCall(name: string, handler: RpcHandler, binding: Binding) {
  return (call: ServerWritableStream<WireMessage, WireMessage>): void => {
    countCall(binding.calls, name);
    settle(() => handler(call.request, (reply) => void call.write(reply))).then(
      () => call.end(),
      (error: unknown) => {
        // Google's clients retry a stream that fails before its headers arrive, for 7 s and whatever its status.
        call.sendMetadata(new Metadata());
        call.emit("error", toServiceError(error, name, binding.log));
      },
    );
  };
}

/** Turns an exception into a rejection. */
async function settle(run: () => unknown): Promise<unknown> {
  return await run();
}

/** Counts a call of an RPC. */
export function countCall(calls: Map<string, number>, name: string): void {
  calls.set(name, (calls.get(name) ?? 0) + 1);
}

function toServiceError(error: unknown, name: string, log: EmulatorLog | undefined) {
  if (!(error instanceof RpcError)) {
    log?.error({ err: error, rpc: name }, "an RPC handler failed");
    const message = error instanceof Error ? error.message : String(error);
    return { name: "InternalError", code: RpcCode.INTERNAL, message, details: message };
  }
  const metadata = new Metadata();
  if (error.details.length > 0) metadata.set("grpc-status-details-bin", encodeStatusDetails(error));
  return { name: error.name, code: error.code, message: error.message, details: error.message, metadata };
}
