import http2 from "node:http2";
import type net from "node:net";
import { RpcCode } from "../rpc-error.ts";
import { CallHead } from "./call-head.ts";
import { type CallRules, type CallSink, GrpcCall } from "./grpc-call.ts";

/** Serves one call of an RPC, and returns what receives its messages. */
export type CallHandler = (call: GrpcCall) => CallSink;

interface GrpcServerOptions extends CallRules {
  /** The handler of an RPC by its path, `/package.Service/Method`, if it has one. */
  readonly handlerOf: (path: string) => CallHandler | undefined;
  /** Says why a call is refused, if it is. */
  readonly refuse: (head: CallHead) => string | undefined;
  /** Called for each call, when its headers have arrived. */
  readonly began: () => void;
}

/** A gRPC server on connections that somebody else accepts. */
interface GrpcServer {
  serve(socket: net.Socket): void;
  /** Begins no more calls, and closes each connection once its calls have ended: with GOAWAY and no error. */
  shutDown(): void;
}

/** Node ends calls rather than exceed these, whatever the limit for a message. */
const NO_LIMITS = { maxSendHeaderBlockLength: Number.MAX_SAFE_INTEGER, maxSessionMemory: Number.MAX_SAFE_INTEGER };

/** Creates a gRPC server on cleartext HTTP/2. */
export function createGrpcServer(options: GrpcServerOptions): GrpcServer {
  const sessions = new Set<http2.ServerHttp2Session>();
  const server = http2.createServer(NO_LIMITS);
  server.on("session", (session) => {
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
    session.on("error", ignore);
  });
  server.on("stream", (stream, headers) => {
    // What follows is its close.
    stream.on("error", ignore);
    serveCall(stream, new CallHead(headers), options);
  });
  return {
    serve: (socket) => void server.emit("connection", socket),
    shutDown: () => sessions.forEach((session) => session.close()),
  };
}

const ignore = (): void => undefined;

function serveCall(stream: http2.ServerHttp2Stream, head: CallHead, options: GrpcServerOptions): void {
  if (!head.isGrpc) {
    stream.respond({ ":status": http2.constants.HTTP_STATUS_UNSUPPORTED_MEDIA_TYPE }, { endStream: true });
    stream.resume();
    return;
  }
  options.began();
  const call = new GrpcCall(stream, head, options);
  const refusal = options.refuse(head);
  const handler = options.handlerOf(head.path);
  if (refusal !== undefined) {
    call.endWith({ code: RpcCode.PERMISSION_DENIED, message: refusal });
  } else if (handler) {
    call.receive(handler);
  } else {
    const message = `The server does not implement the method ${head.path}`;
    call.endWith({ code: RpcCode.UNIMPLEMENTED, message });
  }
}
