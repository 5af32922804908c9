import type protobuf from "protobufjs/light.js";
import type { EmulatorLog } from "../kernel/emulator-log.ts";
import { type StreamHandler, duplexCall } from "./duplex-call.ts";
import type { CallStatus, GrpcCall } from "./grpc/grpc-call.ts";
import type { CallHandler } from "./grpc/grpc-server.ts";
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
}

/** Decides about a call by its deadline, in milliseconds since the epoch; infinite without one. */
export type Admission = (call: { readonly deadlineMs: number }) => void;

/**
 * Binds handlers to the methods of a proto's service, for a gRPC server: by their paths. Methods without a handler are
 * unimplemented.
 *
 * @throws TypeError when a handler has no method, or its method's requests come in another way.
 */
export function bindService(binding: Binding): Map<string, CallHandler> {
  const bound = new Map<string, CallHandler>();
  const serviceName = binding.service.fullName.slice(1);
  const left: HandlersLeft = {
    methods: new Map(Object.entries(binding.methods)),
    streams: new Map(Object.entries(binding.streams ?? {})),
  };
  for (const method of binding.service.methodsArray) {
    const handler = implement(method, left, binding);
    if (handler) bound.set(`/${serviceName}/${method.name}`, handler);
  }
  const [leftOver] = [...left.methods.keys(), ...left.streams.keys()];
  if (leftOver !== undefined) throw new TypeError(`${serviceName} has no RPC ${leftOver} that a handler can serve.`);
  return bound;
}

/** Handlers that no method has claimed yet. */
interface HandlersLeft {
  readonly methods: Map<string, RpcHandler>;
  readonly streams: Map<string, StreamHandler>;
}

/** Implements a method with its handler, which it takes from those that are left. Undefined when there is none. */
function implement(method: protobuf.Method, left: HandlersLeft, binding: Binding): CallHandler | undefined {
  const { name, requestStream, responseStream } = method;
  if (!requestStream) {
    const handler = take(left.methods, name);
    if (!handler) return undefined;
    return oneRequest(codecOf(method, binding), {
      count: () => countCall(binding.calls, name),
      ...(responseStream ? { answer: streamReplies(handler) } : { answer: replyOnce(name, handler, binding) }),
    });
  }
  // In the services here, RPCs with streamed requests have streamed replies.
  const handler = responseStream ? take(left.streams, name) : undefined;
  if (!handler) return undefined;
  return duplexCall(handler, {
    ...codecOf(method, binding),
    count: () => countCall(binding.calls, name),
    breakConnection: binding.breakConnection,
  });
}

function take<Handler>(handlers: Map<string, Handler>, name: string): Handler | undefined {
  const handler = handlers.get(name);
  handlers.delete(name);
  return handler;
}

/** How a method's messages are read and written. */
interface Codec {
  readonly decode: (bytes: Buffer) => WireMessage;
  readonly encode: (reply: object) => Uint8Array;
}

function codecOf(method: protobuf.Method, binding: Binding): Codec {
  method.resolve();
  const { resolvedRequestType: requestType, resolvedResponseType: responseType } = method;
  if (!requestType || !responseType) throw new Error(`The types of ${method.name} are not among the loaded protos.`);
  return {
    decode(bytes) {
      const message = decodeRequest(bytes, requestType);
      const unknown = binding.refuseUnknownFields === true ? findUnknownField(bytes, requestType) : undefined;
      if (!unknown) return message;
      const problem = `This emulator doesn't know field ${unknown.id} of ${unknown.message}.`;
      throw new RpcError(RpcCode.UNIMPLEMENTED, problem);
    },
    encode: (reply) => responseType.encode(reply).finish(),
  };
}

function decodeRequest(bytes: Buffer, type: protobuf.Type): protobuf.Message {
  try {
    return type.decode(bytes);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new RpcError(RpcCode.INTERNAL, `Error deserializing request: ${problem}`);
  }
}

type Answer = (call: GrpcCall, codec: Codec, bytes: Buffer) => void;

/** Takes a request, and answers it once it is certain that no other follows. */
function oneRequest(codec: Codec, { count, answer }: { count: () => void; answer: Answer }): CallHandler {
  return (call) => {
    let request: Buffer | undefined;
    return {
      message(bytes) {
        if (request) throw new RpcError(RpcCode.UNIMPLEMENTED, `${call.head.path} takes one request, not two.`);
        request = bytes;
      },
      halfClosed() {
        if (!request) throw new RpcError(RpcCode.UNIMPLEMENTED, `${call.head.path} takes one request, not none.`);
        count();
        answer(call, codec, request);
      },
    };
  };
}

/** A reply that is there at once needs no promise: those of most calls are. */
function replyOnce(name: string, handler: RpcHandler, { admit }: Binding): Answer {
  const sendNothing = (): never => {
    throw new Error(`${name} is not a streaming call.`);
  };
  return (call, { decode, encode }, bytes) => {
    admit?.({ deadlineMs: call.deadlineMs });
    const reply = handler(decode(bytes), sendNothing);
    if (!(reply instanceof Promise)) {
      call.reply(encode(Object(reply)));
      return;
    }
    call.limitTime();
    reply.then((later: object) => call.reply(encode(later))).catch((error: unknown) => call.end(error));
  };
}

function streamReplies(handler: RpcHandler): Answer {
  return (call, { decode, encode }, bytes) => {
    call.limitTime();
    settle(() => handler(decode(bytes), (reply) => void call.send(encode(reply)))).then(
      () => call.end(),
      (error: unknown) => {
        // Google's clients retry a stream that fails before its headers arrive, for 7 s and whatever its status.
        call.sendHeaders();
        call.end(error);
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

/** The status of a call that failed. An error that isn't for the caller is logged. */
export function statusOf(error: unknown, path: string, log: EmulatorLog | undefined): CallStatus {
  if (error instanceof RpcError) {
    const { code, message } = error;
    return { code, message, ...(error.details.length > 0 ? { details: encodeStatusDetails(error) } : {}) };
  }
  log?.error({ err: error, rpc: path.slice(path.lastIndexOf("/") + 1) }, "an RPC handler failed");
  return { code: RpcCode.INTERNAL, message: error instanceof Error ? error.message : String(error) };
}
