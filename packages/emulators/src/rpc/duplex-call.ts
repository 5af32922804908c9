import type { handleBidiStreamingCall } from "@grpc/grpc-js";
import type { WireMessage } from "./wire-message.ts";

/** Opens one call of an RPC whose requests are streamed: what it answers is told what the caller does. */
export type StreamHandler = (replies: ReplyStream) => RequestSink;

/** The replies of one call. */
export interface ReplyStream {
  /** Sends a reply. False says that the caller is behind: it is sent all the same, but no more should come by now. */
  send(reply: object): boolean;
  /** Ends the call: well, or with the status of an RpcError; any other error becomes INTERNAL and is logged. */
  end(error?: unknown): void;
}

/** What takes the requests of one call. An error that it throws ends the call as `ReplyStream.end` does. */
export interface RequestSink {
  /** A request has come; none comes while the caller is behind. */
  take(request: WireMessage): void;
  /** The caller had been behind, and has now taken all that was sent. */
  drained(): void;
  /** The call is over, whoever ended it. Told once, and nothing after it. */
  closed(): void;
}

/** Makes of a handler what a gRPC server takes. */
export function duplexCall(
  open: StreamHandler,
  { count, toServiceError }: { readonly count: () => void; readonly toServiceError: (error: unknown) => Error },
): handleBidiStreamingCall<WireMessage, WireMessage> {
  return (call) => {
    count();
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
      else call.emit("error", toServiceError(error));
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
    const sink = open({ send, end });
    call.on("data", (request: WireMessage) => attempt(() => sink.take(request)));
    call.on("drain", () => {
      attempt(() => sink.drained());
      if (!call.writableNeedDrain) call.resume();
    });
    call.on("end", () => end());
    call.on("cancelled", close);
  };
}
