import type { status } from "@grpc/grpc-js";
import http2 from "node:http2";
import { portOf } from "../../shared/listening-port.ts";
import { FaultLink, respond } from "./fault-link.ts";

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

/** Starts a proxy for cleartext gRPC in front of `server`. */
export async function startFaultProxy(server: { host: string; port: number }): Promise<FaultProxy> {
  const upstream = http2.connect(`http://${server.host}:${server.port}`);
  upstream.on("error", () => upstream.destroy());
  const link = new FaultLink(upstream);
  const armed: ArmedFault[] = [];
  const sessions = new Set<http2.ServerHttp2Session>();
  const proxy = http2.createServer();
  proxy.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
  });
  proxy.on("stream", (caller, headers) => {
    caller.on("error", () => caller.destroy());
    link.admit(caller, headers);
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
  on: { link: FaultLink; headers: http2.IncomingHttpHeaders },
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

function answer(caller: http2.ServerHttp2Stream, fault: ArmedFault, link: FaultLink): void {
  if (fault.answer === "gone") link.sever();
  if (fault.answer === "gone" || fault.answer === "nothing") link.leaveUnanswered(caller);
  else if (fault.answer === "reset") caller.close(http2.constants.NGHTTP2_INTERNAL_ERROR);
  else if (fault.answer === "disconnect") caller.session?.destroy();
  else if (fault.answer !== "its-own" && !caller.destroyed) respond(caller, fault.answer.status);
}

function relay(caller: http2.ServerHttp2Stream, server: http2.ClientHttp2Stream, link: FaultLink): void {
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
