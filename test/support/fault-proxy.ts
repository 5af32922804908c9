import { status } from "@grpc/grpc-js";
import http2 from "node:http2";
import { portOf } from "../../shared/listening-port.ts";

/** What is to go wrong with the next calls of one RPC. */
export interface Fault {
  /** The RPC's short name, for example CreateTask. */
  readonly rpc: string;
  /** Whether the server has done what was asked before it goes wrong. */
  readonly when: "before-effect" | "after-effect";
  /** A gRPC status code, no answer at all, a stream that is cut off, or the whole connection with all its streams. */
  readonly answer: { readonly status: status } | "nothing" | "reset" | "disconnect";
  /** How many calls pass unharmed before. Default 0. */
  readonly skip?: number;
  /** How many calls it strikes. Default 1. */
  readonly times?: number;
}

/** A call that went through unharmed, as it stood on the wire. */
export interface RelayedCall {
  readonly rpc: string;
  /** The request's frames of gRPC. */
  readonly request: Buffer;
  readonly status: number;
}

/** Stands between a gRPC client and its server and lets chosen calls go wrong. */
export interface FaultProxy {
  readonly host: string;
  readonly port: number;
  /** Prepares a fault; resolves when it strikes for the first time, its effect included, with the bytes of the call. */
  inject(fault: Fault): Promise<Buffer>;
  /** Forgets the faults that are left, and fails the calls that got no answer in a way that no client tries again. */
  calm(): void;
  stop(): Promise<void>;
}

interface ArmedFault extends Fault {
  toSkip: number;
  left: number;
  readonly strike: (call: Buffer) => void;
  /** The calls that this fault leaves without an answer. */
  readonly unanswered: http2.ServerHttp2Stream[];
}

/**
 * Starts a proxy for cleartext gRPC in front of `server`, which may go away and come back. `onRelayed` hears of every call
 * that goes through unharmed.
 */
export async function startFaultProxy(
  server: { host: string; port: number },
  { onRelayed = () => {} }: { onRelayed?: (call: RelayedCall) => void } = {},
): Promise<FaultProxy> {
  const armed: ArmedFault[] = [];
  const sessions = new Set<http2.ServerHttp2Session>();
  const upstream = connectWhenNeeded(server, () => {
    for (const session of sessions) session.destroy();
  });
  const proxy = http2.createServer();
  proxy.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
  });
  proxy.on("stream", (caller, headers) => {
    caller.on("error", () => caller.destroy());
    const rpc = String(headers[":path"]).split("/").at(-1) ?? "";
    const fault = takeFault(armed, rpc);
    if (fault) spoil(caller, fault, () => request(upstream.session(), headers));
    else relay(caller, request(upstream.session(), headers), (call) => onRelayed({ rpc, ...call }));
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", () => resolve()));

  return {
    host: "127.0.0.1",
    port: portOf(proxy),
    inject(fault) {
      const { promise, resolve } = Promise.withResolvers<Buffer>();
      armed.push({ ...fault, toSkip: fault.skip ?? 0, left: fault.times ?? 1, strike: resolve, unanswered: [] });
      return promise;
    },
    calm() {
      for (const caller of armed.splice(0).flatMap(({ unanswered }) => unanswered)) {
        if (!caller.destroyed) respond(caller, status.PERMISSION_DENIED);
      }
    },
    async stop() {
      for (const session of sessions) session.destroy();
      upstream.close();
      await new Promise<void>((resolve) => proxy.close(() => resolve()));
    },
  };
}

/** A connection to the server that is made again when it was lost; `onLost` cuts off those who wait for answers over it. */
function connectWhenNeeded(server: { host: string; port: number }, onLost: () => void) {
  let current: http2.ClientHttp2Session | undefined;
  return {
    session(): http2.ClientHttp2Session {
      if (current && !current.closed && !current.destroyed) return current;
      const next = http2.connect(`http://${server.host}:${server.port}`);
      next.on("error", () => next.destroy());
      next.once("close", onLost);
      current = next;
      return next;
    },
    close: () => current?.destroy(),
  };
}

function takeFault(armed: ArmedFault[], rpc: string): ArmedFault | undefined {
  const fault = armed.find((candidate) => candidate.rpc === rpc && candidate.left > 0);
  if (!fault) return undefined;
  if (fault.toSkip > 0) {
    fault.toSkip--;
    return undefined;
  }
  fault.left--;
  return fault;
}

function request(upstream: http2.ClientHttp2Session, headers: http2.IncomingHttpHeaders): http2.ClientHttp2Stream {
  const stream = upstream.request({ ...headers, ":scheme": "http" });
  stream.on("error", () => stream.destroy());
  return stream;
}

function spoil(caller: http2.ServerHttp2Stream, fault: ArmedFault, forward: () => http2.ClientHttp2Stream): void {
  const call: Buffer[] = [];
  caller.on("data", (chunk: Buffer) => call.push(chunk));
  const strike = (): void => {
    answer(caller, fault);
    fault.strike(Buffer.concat(call));
  };
  if (fault.when === "before-effect") {
    caller.once("end", strike);
    return;
  }
  const server = forward();
  caller.pipe(server);
  server.resume();
  server.once("end", strike);
}

function answer(caller: http2.ServerHttp2Stream, fault: ArmedFault): void {
  if (fault.answer === "reset") caller.close(http2.constants.NGHTTP2_INTERNAL_ERROR);
  else if (fault.answer === "disconnect") caller.session?.destroy();
  else if (fault.answer === "nothing") fault.unanswered.push(caller);
  else respond(caller, fault.answer.status);
}

function respond(caller: http2.ServerHttp2Stream, code: status): void {
  const headers = { "content-type": "application/grpc", "grpc-status": String(code), "grpc-message": "injected" };
  caller.respond({ ":status": 200, ...headers }, { endStream: true });
}

function relay(
  caller: http2.ServerHttp2Stream,
  server: http2.ClientHttp2Stream,
  report: (call: Omit<RelayedCall, "rpc">) => void,
): void {
  const chunks: Buffer[] = [];
  caller.on("data", (chunk: Buffer) => chunks.push(chunk));
  caller.pipe(server);
  caller.once("close", () => server.close());
  let trailers: http2.IncomingHttpHeaders = {};
  server.once("trailers", (received) => (trailers = received));
  server.once("response", (headers, flags) => {
    if (caller.destroyed) return;
    const reportStatus = (from: http2.IncomingHttpHeaders): void =>
      report({ request: Buffer.concat(chunks), status: Number(from["grpc-status"]) });
    const endStream = (flags & http2.constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    caller.respond(headers, { endStream, waitForTrailers: !endStream });
    if (endStream) return reportStatus(headers);
    caller.once("wantTrailers", () => {
      reportStatus(trailers);
      caller.sendTrailers(trailers);
    });
    server.pipe(caller);
  });
}
