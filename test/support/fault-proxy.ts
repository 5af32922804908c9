import { status } from "@grpc/grpc-js";
import http2 from "node:http2";
import { setTimeout as nextTurn } from "node:timers/promises";
import { portOf } from "../../shared/listening-port.ts";

/** What is to go wrong with the next calls of one RPC. */
export interface Fault {
  /** The RPC's short name, for example CreateTask. */
  readonly rpc: string;
  /** Whether the server has done what was asked before it goes wrong. */
  readonly when: "before-effect" | "after-effect";
  readonly answer: FaultyAnswer;
  /** How many calls pass unharmed before. Default 0. */
  readonly skip?: number;
  /** How many calls it strikes. Default 1. */
  readonly times?: number;
  /** Awaited when a call has arrived, before the server sees anything of it. */
  readonly onArrival?: () => Promise<void>;
  /** Awaited when a call has had whatever effect it is to have, before its caller learns anything. */
  readonly onEffect?: () => Promise<void>;
}

/**
 * A gRPC status code; no answer at all; a stream that is cut off; the whole connection with all its streams; a caller
 * that is gone, of which nothing reaches the server any more and which nothing reaches; or the server's own answer.
 */
export type FaultyAnswer = { readonly status: status } | "nothing" | "reset" | "disconnect" | "gone" | "its-own";

/** Stands between a gRPC client and its server and lets chosen calls go wrong. */
export interface FaultProxy {
  readonly host: string;
  readonly port: number;
  /** Prepares a fault; the result resolves when it strikes for the first time, its effect included. */
  inject(fault: Fault): Promise<void>;
  /** Lets the caller be gone from now on, as when its process is killed: its calls are neither passed on nor answered. */
  sever(): void;
  /** Resolves when a call waits in the server, as for a lock: it stays unanswered though the server answers others. */
  waitUntilStuck(ended: AbortSignal): Promise<void>;
  /** Resolves when no caller waits for an answer, nor asks for more for a while. */
  waitUntilQuiet(): Promise<void>;
  /**
   * Forgets the faults that are left, and fails the calls that got no answer in a way that no client tries again; all
   * that a caller which is gone goes on to ask for fails in the same way.
   */
  calm(): void;
  stop(): Promise<void>;
}

interface ArmedFault extends Fault {
  toSkip: number;
  left: number;
  readonly strike: () => void;
  readonly fail: (error: unknown) => void;
}

/** A client that goes on does so by timers of 0 ms, which come before those of later turns. */
const TURNS_OF_QUIET = 5;

/** A connection to the server answers this many pings after a call, in order, before the call counts as stuck. */
const PINGS_OF_A_STUCK_CALL = 30;

/** Starts a proxy for cleartext gRPC in front of `server`. */
export async function startFaultProxy(server: { host: string; port: number }): Promise<FaultProxy> {
  const upstream = http2.connect(`http://${server.host}:${server.port}`);
  upstream.on("error", () => upstream.destroy());
  const link = new Link(upstream);
  const armed: ArmedFault[] = [];
  const sessions = new Set<http2.ServerHttp2Session>();
  const proxy = http2.createServer();
  proxy.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
  });
  proxy.on("stream", (caller, headers) => {
    caller.on("error", () => caller.destroy());
    link.admit(caller);
    if (link.severed) return link.leaveUnanswered(caller);
    const fault = takeFault(armed, String(headers[":path"]));
    if (fault) spoil(caller, fault, { link, headers }).then(fault.strike, fault.fail);
    else relay(caller, link.request(headers), link);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", () => resolve()));

  return {
    host: "127.0.0.1",
    port: portOf(proxy),
    inject(fault) {
      const { promise, resolve: strike, reject: fail } = Promise.withResolvers<void>();
      armed.push({ ...fault, toSkip: fault.skip ?? 0, left: fault.times ?? 1, strike, fail });
      return promise;
    },
    sever: () => link.sever(),
    waitUntilStuck: (ended) => link.waitUntilStuck(ended),
    waitUntilQuiet: () => link.waitUntilQuiet(),
    calm() {
      armed.length = 0;
      link.calm();
    },
    async stop() {
      for (const session of sessions) session.destroy();
      upstream.destroy();
      await new Promise<void>((resolve) => proxy.close(() => resolve()));
    },
  };
}

/** The connection to the server, and the calls that are under way on it. */
class Link {
  severed = false;
  readonly #upstream: http2.ClientHttp2Session;
  readonly #underWay = new Set<http2.ClientHttp2Stream>();
  readonly #callers = new Set<http2.ServerHttp2Stream>();
  readonly #unanswered: http2.ServerHttp2Stream[] = [];
  #calmed = false;
  #nextCall = Promise.withResolvers<void>();

  constructor(upstream: http2.ClientHttp2Session) {
    this.#upstream = upstream;
  }

  admit(caller: http2.ServerHttp2Stream): void {
    this.#callers.add(caller);
    caller.once("close", () => this.#callers.delete(caller));
  }

  request(headers: http2.IncomingHttpHeaders): http2.ClientHttp2Stream {
    const stream = this.#upstream.request({ ...headers, ":scheme": "http" });
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
    this.#upstream.destroy();
  }

  leaveUnanswered(caller: http2.ServerHttp2Stream): void {
    if (this.#calmed && this.severed) respond(caller, status.PERMISSION_DENIED);
    else this.#unanswered.push(caller);
  }

  calm(): void {
    this.#calmed = true;
    for (const caller of this.#unanswered.splice(0)) {
      if (!caller.destroyed) respond(caller, status.PERMISSION_DENIED);
    }
  }

  async waitUntilStuck(ended: AbortSignal): Promise<void> {
    while (!ended.aborted) {
      const [call] = this.#underWay;
      if (!call) await this.#nextCall.promise;
      else if (await this.#outlasts(call)) return;
    }
  }

  async waitUntilQuiet(): Promise<void> {
    do {
      await Promise.all([...this.#callers].map((caller) => new Promise((resolve) => caller.once("close", resolve))));
      for (let turn = 0; turn < TURNS_OF_QUIET; turn++) await nextTurn(0);
    } while (this.#callers.size > 0);
  }

  async #outlasts(call: http2.ClientHttp2Stream): Promise<boolean> {
    for (let ping = 0; ping < PINGS_OF_A_STUCK_CALL; ping++) {
      if (!this.#underWay.has(call) || this.#upstream.destroyed) return false;
      await new Promise<void>((resolve) => this.#upstream.ping(() => resolve()));
    }
    return this.#underWay.has(call);
  }
}

function takeFault(armed: ArmedFault[], path: string): ArmedFault | undefined {
  const rpc = path.slice(path.lastIndexOf("/") + 1);
  const fault = armed.find((candidate) => candidate.rpc === rpc && candidate.left > 0);
  if (!fault) return undefined;
  if (fault.toSkip > 0) {
    fault.toSkip--;
    return undefined;
  }
  fault.left--;
  return fault;
}

async function spoil(
  caller: http2.ServerHttp2Stream,
  fault: ArmedFault,
  on: { link: Link; headers: http2.IncomingHttpHeaders },
): Promise<void> {
  await fault.onArrival?.();
  if (fault.answer === "its-own") return relay(caller, on.link.request(on.headers), on.link);
  if (fault.when === "before-effect") await ended(caller);
  else await takeEffect(caller, on.link.request(on.headers));
  await fault.onEffect?.();
  answer(caller, fault, on.link);
}

/** Lets the server do what is asked and say so, and keeps what it says. */
async function takeEffect(caller: http2.ServerHttp2Stream, server: http2.ClientHttp2Stream): Promise<void> {
  caller.pipe(server);
  await ended(server);
}

async function ended(stream: http2.Http2Stream): Promise<void> {
  stream.resume();
  await new Promise((resolve) => stream.once("end", resolve));
}

function answer(caller: http2.ServerHttp2Stream, fault: ArmedFault, link: Link): void {
  if (fault.answer === "gone") link.sever();
  if (fault.answer === "gone" || fault.answer === "nothing") link.leaveUnanswered(caller);
  else if (fault.answer === "reset") caller.close(http2.constants.NGHTTP2_INTERNAL_ERROR);
  else if (fault.answer === "disconnect") caller.session?.destroy();
  else if (fault.answer !== "its-own" && !caller.destroyed) respond(caller, fault.answer.status);
}

function respond(caller: http2.ServerHttp2Stream, code: status): void {
  const headers = { "content-type": "application/grpc", "grpc-status": String(code), "grpc-message": "injected" };
  caller.respond({ ":status": 200, ...headers }, { endStream: true });
}

function relay(caller: http2.ServerHttp2Stream, server: http2.ClientHttp2Stream, link: Link): void {
  caller.pipe(server);
  server.once("close", () => {
    if (!caller.headersSent && !caller.destroyed) link.leaveUnanswered(caller);
  });
  caller.once("close", () => server.close());
  let trailers: http2.IncomingHttpHeaders = {};
  server.once("trailers", (received) => (trailers = received));
  server.once("response", (headers, flags) => {
    if (caller.destroyed) return;
    const endStream = (flags & http2.constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    caller.respond(headers, { endStream, waitForTrailers: !endStream });
    if (endStream) return;
    caller.once("wantTrailers", () => caller.sendTrailers(trailers));
    server.pipe(caller);
  });
}
