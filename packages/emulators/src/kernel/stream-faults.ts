import type { BreakableStream, RequestSink, StreamHandler } from "../rpc/duplex-call.ts";
import { RpcCode, RpcError } from "../rpc/rpc-error.ts";
import type { WireMessage } from "../rpc/wire-message.ts";
import { type CallFault, type CallFaultCode, callFaultError } from "./call-faults.ts";
import type { Clock, Timer } from "./clock.ts";
import { type Duration, toMillis } from "./duration.ts";
import type { FaultFrequency, FaultSet } from "./fault-set.ts";

interface OfStream extends FaultFrequency {
  /** The RPC's short name, for example `Listen`. */
  readonly method: string;
}

/** A fault of a stream, which happens when it is about to send a reply: to a request, about a change, or to keep it alive. */
export type StreamFault =
  /** The stream ends with this status instead. */
  | (OfStream & { readonly kind: "stream-error"; readonly code: CallFaultCode })
  /** Its connection is reset, with everything else on it. */
  | (OfStream & { readonly kind: "stream-reset" })
  /** It stays open and never sends anything again. */
  | (OfStream & { readonly kind: "stream-silence" })
  /** It sends nothing for a while, by the emulator's clock. */
  | (OfStream & { readonly kind: "stream-delay"; readonly by: Duration });

/** Wraps handlers of streams so that faults happen to them: those of calls when a stream opens, those of streams later. */
export function withStreamFaults(
  streams: Readonly<Record<string, StreamHandler>>,
  { faults, clock }: { readonly faults: FaultSet<CallFault | StreamFault>; readonly clock: Clock },
): Record<string, StreamHandler> {
  const faulty = Object.entries(streams).map(([method, open]): [string, StreamHandler] => {
    let opened = 0;
    return [
      method,
      (replies) => {
        opened += 1;
        return new FaultyStream({ method, occasion: `${method} ${opened}`, open, replies, faults, clock });
      },
    ];
  });
  return Object.fromEntries(faulty);
}

interface FaultyStreamOptions {
  readonly method: string;
  /** The name of the stream, which decides about its faults. */
  readonly occasion: string;
  readonly open: StreamHandler;
  readonly replies: BreakableStream;
  readonly faults: FaultSet<CallFault | StreamFault>;
  readonly clock: Clock;
}

/** Stands between a handler and its stream, in both directions. */
class FaultyStream implements RequestSink, BreakableStream {
  readonly #options: FaultyStreamOptions;
  readonly #sink: RequestSink;
  #hasBegun = false;
  #due = 0;
  #isSilent = false;
  /** What a delay holds back. No more follows, since the handler believes that its caller is behind. */
  #held: { readonly replies: object[]; readonly timer: Timer } | null = null;

  constructor(options: FaultyStreamOptions) {
    this.#options = options;
    this.#sink = options.open(this);
  }

  take(request: WireMessage): void {
    const fault = this.#hasBegun ? undefined : this.#callFault();
    this.#hasBegun = true;
    if (fault?.when === "before") throw callFaultError(fault);
    this.#sink.take(request);
    if (fault) throw callFaultError(fault);
  }

  drained(): void {
    if (!this.#held) this.#sink.drained();
  }

  closed(): void {
    this.#held?.timer.cancel();
    this.#sink.closed();
  }

  send(reply: object): boolean {
    if (this.#isSilent) return true;
    if (this.#held) {
      this.#held.replies.push(reply);
      return false;
    }
    const fault = this.#streamFault();
    return fault ? this.#happen(fault, reply) : this.#options.replies.send(reply);
  }

  end(error?: unknown): void {
    this.#options.replies.end(error);
  }

  breakConnection(): void {
    this.#options.replies.breakConnection();
  }

  #happen(fault: StreamFault, reply: object): boolean {
    switch (fault.kind) {
      case "stream-error":
        this.end(new RpcError(RpcCode[fault.code], `Injected fault: a stream of ${fault.method} fails.`));
        return true;
      case "stream-reset":
        this.breakConnection();
        return true;
      case "stream-silence":
        this.#isSilent = true;
        return true;
      case "stream-delay": {
        const timer = this.#options.clock.setTimer(toMillis(fault.by), () => this.#release());
        this.#held = { replies: [reply], timer };
        return false;
      }
    }
  }

  #release(): void {
    const held = this.#held?.replies ?? [];
    this.#held = null;
    try {
      // Each is sent, even while the caller is behind.
      const keepsUp = held.map((reply) => this.#options.replies.send(reply)).every(Boolean);
      if (keepsUp) this.#sink.drained();
    } catch (error) {
      this.end(error);
    }
  }

  #callFault(): CallFault | undefined {
    const { faults, method, occasion } = this.#options;
    const isMine = (fault: CallFault | StreamFault): fault is CallFault =>
      fault.kind === "call" && fault.method === method;
    return faults.isEmpty ? undefined : faults.trigger(occasion, isMine);
  }

  #streamFault(): StreamFault | undefined {
    const { faults, method, occasion } = this.#options;
    this.#due += 1;
    const isMine = (fault: CallFault | StreamFault): fault is StreamFault =>
      fault.kind !== "call" && fault.method === method;
    return faults.isEmpty ? undefined : faults.trigger(`${occasion} reply ${this.#due}`, isMine);
  }
}
