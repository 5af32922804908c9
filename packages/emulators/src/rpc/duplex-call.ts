import type { handleBidiStreamingCall } from "@grpc/grpc-js";
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
    readonly toServiceError: (error: unknown) => Error;
    /** Resets the connection from an address, `host:port`. */
    readonly breakConnection: (peer: string) => void;
  },
): handleBidiStreamingCall<WireMessage, WireMessage> {
  return (call) => {
    hooks.count();
    let isOver = false;
    const close = (): boolean => {
      if (isOver) return false;
      isOver = true;
      sink.closed();
      return true;
    };
    const end = (error?: unknown): void => {
      if (!close()) return;
      if (error === undefined) call.end();
      else call.emit("error", hooks.toServiceError(error));
    };
    const attempt = (step: () => void): void => {
      if (isOver) return;
      try {
        step();
      } catch (error) {
        end(error);
      }
    };
    const send = (reply: object): boolean => {
      if (isOver || call.write(reply)) return true;
      call.pause();
      return false;
    };
    const sink = open({ send, end, breakConnection: () => hooks.breakConnection(call.getPeer()) });
    call.on("data", (request: WireMessage) => attempt(() => sink.take(request)));
    call.on("drain", () => {
      attempt(() => sink.drained());
      if (!call.writableNeedDrain) call.resume();
    });
    call.on("end", () => end());
    call.on("cancelled", close);
  };
}
