import type http2 from "node:http2";
import { RpcCode } from "../rpc-error.ts";
import type { CallHead } from "./call-head.ts";
import { MessageReader, PREFIX_BYTES } from "./message-reader.ts";

/** Receives what arrives on a call. Whatever it throws ends the call. */
export interface CallSink {
  /** Receives an encoded message. None arrive while the caller is behind. */
  message(bytes: Buffer): void;
  /** The caller sends no more. */
  halfClosed(): void;
  /** The caller was behind and has now received everything. */
  drained?(): void;
  /** The call is over, whoever ended it. Called once, and last. */
  closed?(): void;
}

/** How a call ends. */
export interface CallStatus {
  readonly code: RpcCode;
  readonly message: string;
  /** The trailer `grpc-status-details-bin`. */
  readonly details?: Buffer;
}

/** What all calls of a server share. */
export interface CallRules {
  /** The largest message that a caller may send. */
  readonly mostRequestBytes: number;
  /** The status of a call that failed, for an error of any kind. */
  readonly statusOf: (error: unknown, path: string) => CallStatus;
  /** Called once for each call, when its end has been sent or it was cancelled. */
  readonly ended: () => void;
}

const HEADERS = { ":status": 200, "content-type": "application/grpc+proto" };
const SUCCESS = { "grpc-status": "0" };

/** A caller with more than this on its way to it is behind. */
const MAX_AHEAD_BYTES = 256 * 1024;

const MAX_TIMER_MS = 2 ** 31 - 1;

/** A call on a stream of HTTP/2 (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md). */
export class GrpcCall {
  readonly head: CallHead;
  /** When the caller gives up, in milliseconds since the epoch; infinite if it waits for ever. */
  deadlineMs = Number.POSITIVE_INFINITY;
  readonly #stream: http2.ServerHttp2Stream;
  readonly #rules: CallRules;
  #sink: CallSink | undefined;
  /** Messages that have arrived while the caller was behind. */
  #waiting: Buffer[] = [];
  #hasHeaders = false;
  #isBehind = false;
  #isHalfClosed = false;
  #isOver = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(stream: http2.ServerHttp2Stream, head: CallHead, rules: CallRules) {
    this.#stream = stream;
    this.head = head;
    this.#rules = rules;
    stream.on("close", () => this.#finish());
  }

  /** The caller's address, `host:port`. */
  get peer(): string {
    const socket = this.#stream.session?.socket;
    return `${socket?.remoteAddress}:${socket?.remotePort}`;
  }

  /** Begins to receive. What `open` throws ends the call. */
  receive(open: (call: GrpcCall) => CallSink): void {
    this.#attempt(() => {
      const timeoutMs = this.head.timeoutMs();
      if (timeoutMs !== undefined) this.deadlineMs = Date.now() + timeoutMs;
      this.#sink = open(this);
      const reader = new MessageReader({ mostBytes: this.#rules.mostRequestBytes, encoding: this.head.encoding });
      this.#stream.on("data", (chunk: Buffer) => this.#attempt(() => this.#take(reader.read(chunk))));
      this.#stream.on("end", () => {
        this.#isHalfClosed = true;
        this.#attempt(() => this.#take([]));
      });
    });
  }

  /** Ends the call at its deadline. A call that is answered at once needs no timer. */
  limitTime(): void {
    if (this.#isOver || !Number.isFinite(this.deadlineMs)) return;
    const leftMs = Math.min(Math.max(0, this.deadlineMs - Date.now()), MAX_TIMER_MS);
    const status = { code: RpcCode.DEADLINE_EXCEEDED, message: "Deadline exceeded" };
    this.#timer = setTimeout(() => this.endWith(status), leftMs);
  }

  /** Sends the headers of a response, unless they have been sent. */
  sendHeaders(): void {
    if (this.#isGone || this.#hasHeaders) return;
    this.#hasHeaders = true;
    this.#stream.respond(HEADERS, { waitForTrailers: true });
  }

  /** Sends an encoded message. Returns false if the caller is behind: it is sent, but no more should follow for now. */
  send(message: Uint8Array): boolean {
    if (this.#isGone) return true;
    this.sendHeaders();
    const isWritten = this.#stream.write(framed(message)) || this.#stream.writableLength <= MAX_AHEAD_BYTES;
    if (isWritten || this.#isBehind) return isWritten;
    this.#isBehind = true;
    this.#stream.pause();
    this.#stream.once("drain", () => this.#attempt(() => this.#catchUp()));
    return false;
  }

  /** Sends the only message of a response, and ends the call well. */
  reply(message: Uint8Array): void {
    if (this.#isGone) return;
    this.sendHeaders();
    this.#sendTrailers(SUCCESS, framed(message));
  }

  /** Ends the call: well, or with the status of an error. */
  end(error?: unknown): void {
    if (this.#isGone) return;
    if (error !== undefined) {
      this.endWith(this.#rules.statusOf(error, this.head.path));
      return;
    }
    this.sendHeaders();
    this.#sendTrailers(SUCCESS);
  }

  /** Ends the call with a status. */
  endWith({ code, message, details }: CallStatus): void {
    if (this.#isGone) return;
    const trailers = {
      "grpc-status": String(code),
      "grpc-message": encodeURI(message.toWellFormed()),
      ...(details ? { "grpc-status-details-bin": details.toString("base64") } : {}),
    };
    if (this.#hasHeaders) {
      this.#sendTrailers(trailers);
      return;
    }
    this.#stream.respond({ ...HEADERS, ...trailers }, { endStream: true });
    this.#finish();
  }

  /** Whether nothing can be sent any more. Node reports the end of a stream some time later. */
  get #isGone(): boolean {
    return this.#isOver || this.#stream.destroyed || this.#stream.closed;
  }

  #sendTrailers(trailers: http2.OutgoingHttpHeaders, last?: Buffer): void {
    this.#stream.on("wantTrailers", () => this.#stream.sendTrailers(trailers));
    if (last) this.#stream.end(last);
    else this.#stream.end();
    this.#finish();
  }

  #take(messages: readonly Buffer[]): void {
    const isWaiting = this.#waiting.length > 0;
    for (const message of messages) {
      if (this.#isBehind || isWaiting) this.#waiting.push(message);
      else if (!this.#isOver) this.#sink?.message(message);
    }
    if (this.#isHalfClosed && !this.#isOver && this.#waiting.length === 0) this.#sink?.halfClosed();
  }

  #catchUp(): void {
    this.#isBehind = false;
    this.#sink?.drained?.();
    while (this.#waiting.length > 0 && this.#canTake()) {
      const message = this.#waiting.shift();
      if (message) this.#sink?.message(message);
    }
    if (!this.#canTake()) return;
    this.#stream.resume();
    if (this.#isHalfClosed) this.#sink?.halfClosed();
  }

  #canTake(): boolean {
    return !this.#isBehind && !this.#isOver;
  }

  #attempt(step: () => void): void {
    if (this.#isOver) return;
    try {
      step();
    } catch (error) {
      this.end(error);
    }
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#waiting = [];
    clearTimeout(this.#timer);
    // What is still coming is dropped.
    this.#stream.resume();
    this.#rules.ended();
    this.#sink?.closed?.();
  }
}

function framed(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, PREFIX_BYTES);
  return frame;
}
