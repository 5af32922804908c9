import type { CallHandler } from "./grpc/grpc-server.ts";
import type { WireMessage } from "./wire-message.ts";

/** Opens one call of an RPC with streamed requests, and returns what receives them. */
export type StreamHandler = (replies: BreakableStream) => RequestSink;

/** The replies of one call. */
export interface ReplyStream {
  /** Sends a reply. Returns false if the caller is behind: the reply is sent, but no more should follow for now. */
  send(reply: object): boolean;
  /** Ends the call: with success, or with the status of an RpcError. Any other error becomes INTERNAL and is logged. */
  end(error?: unknown): void;
}

/** The replies of one call, whose connection can be broken. */
export interface BreakableStream extends ReplyStream {
  /** Resets the caller's connection, and so ends all calls on it. */
  breakConnection(): void;
}

/** Receives the requests of one call. An error that it throws ends the call as `ReplyStream.end` does. */
export interface RequestSink {
  /** Receives a request. None arrive while the caller is behind. */
  take(request: WireMessage): void;
  /** The caller was behind and has now received everything. */
  drained(): void;
  /** The call is over, whoever ended it. Called once, and last. */
  closed(): void;
}

/** Adapts a handler for a gRPC server. */
export function duplexCall(
  open: StreamHandler,
  hooks: {
    readonly count: () => void;
    readonly decode: (bytes: Buffer) => WireMessage;
    readonly encode: (reply: object) => Uint8Array;
    /** Resets the connection from an address, `host:port`. */
    readonly breakConnection: (peer: string) => void;
  },
): CallHandler {
  return (call) => {
    hooks.count();
    call.limitTime();
    const sink = open({
      send: (reply) => call.send(hooks.encode(reply)),
      end: (error) => call.end(error),
      breakConnection: () => hooks.breakConnection(call.peer),
    });
    return {
      message: (bytes) => sink.take(hooks.decode(bytes)),
      halfClosed: () => call.end(),
      drained: () => sink.drained(),
      closed: () => sink.closed(),
    };
  };
}
