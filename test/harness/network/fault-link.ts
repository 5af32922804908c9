import { status } from "@grpc/grpc-js";
import http2 from "node:http2";
import { setTimeout as nextTurn } from "node:timers/promises";

/** A client that continues uses timers of 0 ms, which fire before those of later event loop iterations. */
const TURNS_OF_QUIET = 5;

/** How long to wait after a call before sending pings, in milliseconds. */
const BEFORE_PINGS_MS = 10;

/** The server answers this many pings after a call, in order, before the call counts as stuck. */
const PINGS_OF_A_STUCK_CALL = 30;

/**
 * A fault proxy's connection to the server, which is reopened when it is lost, and the calls in progress on it.
 * `onLost` disconnects the callers that wait for a response.
 */
export class FaultLink {
  severed = false;
  readonly #server: { host: string; port: number };
  readonly #onLost: () => void;
  #upstream: http2.ClientHttp2Session | undefined;
  readonly #underWay = new Set<http2.ClientHttp2Stream>();
  /** Callers that wait for a response, with the path that they called. */
  readonly #callers = new Map<http2.ServerHttp2Stream, string>();
  readonly #unanswered: http2.ServerHttp2Stream[] = [];
  #calmed = false;
  #nextCall = Promise.withResolvers<void>();

  constructor(server: { host: string; port: number }, onLost: () => void) {
    this.#server = server;
    this.#onLost = onLost;
  }

  admit(caller: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders): void {
    this.#callers.set(caller, String(headers[":path"]));
    caller.once("close", () => this.#callers.delete(caller));
  }

  request(headers: http2.IncomingHttpHeaders): http2.ClientHttp2Stream {
    const stream = this.#connected().request({ ...headers, ":scheme": "http" });
    stream.on("error", () => stream.destroy());
    this.#underWay.add(stream);
    const end = (): void => void this.#underWay.delete(stream);
    stream.once("response", end);
    stream.once("close", end);
    this.#nextCall.resolve();
    this.#nextCall = Promise.withResolvers<void>();
    return stream;
  }

  sever(): void {
    this.severed = true;
    this.close();
  }

  close(): void {
    this.#upstream?.destroy();
  }

  #connected(): http2.ClientHttp2Session {
    if (this.#upstream && !this.#upstream.closed && !this.#upstream.destroyed) return this.#upstream;
    const upstream = http2.connect(`http://${this.#server.host}:${this.#server.port}`);
    upstream.on("error", () => upstream.destroy());
    // Callers that are gone must not learn of it.
    upstream.once("close", () => !this.severed && this.#onLost());
    this.#upstream = upstream;
    return upstream;
  }

  leaveUnanswered(caller: http2.ServerHttp2Stream): void {
    // A stream is only closed once it has been read to its end.
    caller.resume();
    if (this.#calmed && this.severed) this.#refuse(caller);
    else this.#unanswered.push(caller);
  }

  calm(): void {
    this.#calmed = true;
    for (const caller of this.#unanswered.splice(0)) this.#refuse(caller);
  }

  #refuse(caller: http2.ServerHttp2Stream): void {
    if (caller.destroyed) return;
    // After a failed read, Firestore's client retries for seconds, whatever the status; after an empty response it
    // gives up.
    const isDeadRead = this.severed && this.#callers.get(caller)?.endsWith("/BatchGetDocuments");
    respond(caller, isDeadRead ? status.OK : status.PERMISSION_DENIED);
  }

  async waitUntilStuck(ended: AbortSignal): Promise<void> {
    while (!ended.aborted) {
      const [call] = this.#underWay;
      if (!call) await this.#nextCall.promise;
      // Most calls have their response by then, and need no pings.
      await nextTurn(BEFORE_PINGS_MS);
      if (call && (await this.#outlasts(call))) return;
    }
  }

  async waitUntilQuiet(): Promise<void> {
    do {
      await Promise.all(
        [...this.#callers.keys()].map((caller) => new Promise((resolve) => caller.once("close", resolve))),
      );
      for (let turn = 0; turn < TURNS_OF_QUIET; turn++) await nextTurn(0);
    } while (this.#callers.size > 0);
  }

  async #outlasts(call: http2.ClientHttp2Stream): Promise<boolean> {
    for (let ping = 0; ping < PINGS_OF_A_STUCK_CALL; ping++) {
      const upstream = this.#upstream;
      if (!this.#underWay.has(call) || !upstream || upstream.destroyed) return false;
      await new Promise<void>((resolve) => upstream.ping(() => resolve()));
    }
    return this.#underWay.has(call);
  }
}

/** Ends a call with a status and no message. */
export function respond(caller: http2.ServerHttp2Stream, code: status): void {
  const headers = { "content-type": "application/grpc", "grpc-status": String(code), "grpc-message": "injected" };
  caller.respond({ ":status": 200, ...headers }, { endStream: true });
}
