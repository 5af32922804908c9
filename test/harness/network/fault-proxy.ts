import type { status } from "@grpc/grpc-js";
import http2 from "node:http2";
import { portOf } from "../../../shared/http/listening-port.ts";
import { FaultLink, respond } from "./fault-link.ts";

/** The header in which Google's clients name the subject of a call (https://google.aip.dev/client-libraries/4222). */
const ROUTING_HEADER = "x-goog-request-params";

/** How the next calls of one RPC fail. */
export interface Fault {
  /** The RPC's short name, for example CreateTask. */
  readonly rpc: string;
  /** Limits the fault to calls whose routing header contains this, for example a queue. Default: all calls. */
  readonly about?: string | undefined;
  /** Whether the server has carried out the call before it fails. */
  readonly when: "before-effect" | "after-effect";
  readonly answer: FaultyAnswer;
  /** How many calls pass untouched first. Default 0. */
  readonly skip?: number;
  /** How many calls it affects. Default 1. */
  readonly times?: number;
  /** Awaited when a call arrives, before the server sees any of it. */
  readonly onArrival?: () => Promise<void>;
  /** Awaited after a call's effect, if any, and before its caller learns anything. */
  readonly onEffect?: () => Promise<void>;
}

/** A call that passed untouched, as it appeared on the wire. */
export interface RelayedCall {
  readonly rpc: string;
  /** The request's gRPC frames. */
  readonly request: Buffer;
  readonly status: number;
}

/**
 * A gRPC status code; no response at all; a stream that is cut off; a connection that is lost with all its streams; a
 * caller that is gone, so that nothing passes in either direction; or the server's own response.
 */
export type FaultyAnswer = { readonly status: status } | "nothing" | "reset" | "disconnect" | "gone" | "its-own";

/** Sits between a gRPC client and its server and makes chosen calls fail. */
export interface FaultProxy {
  readonly host: string;
  readonly port: number;
  /** Sets up a fault. Resolves with a call's bytes at the first call that it affects, after the call's effect. */
  inject(fault: Fault): Promise<Buffer>;
  /** Cuts the caller off from now on, as if its process were killed: its calls are neither forwarded nor answered. */
  sever(): void;
  /** Resolves when a call is stuck in the server, say at a lock, while the server still responds to others. */
  waitUntilStuck(ended: AbortSignal): Promise<void>;
  /** Resolves when no caller waits for a response or has sent anything for a while. */
  waitUntilQuiet(): Promise<void>;
  /**
   * Removes the remaining faults and fails the pending calls in a way that no client retries. Later calls of a caller
   * that is gone fail in the same way.
   */
  calm(): void;
  stop(): Promise<void>;
}

/** The stages of a call. */
interface Passage {
  readonly link: FaultLink;
  readonly headers: http2.IncomingHttpHeaders;
  /** Called for each call that passed untouched. */
  readonly report: (call: Omit<RelayedCall, "rpc">) => void;
  /** Called for each piece of such a call's response. */
  readonly hear: (piece: Buffer) => void;
}

interface ArmedFault extends Fault {
  toSkip: number;
  left: number;
  readonly hit: (call: Buffer) => void;
  readonly fail: (error: unknown) => void;
}

/** The listener for calls that a proxy forwards. */
export interface ProxyListener {
  /** Called for each call that passed untouched. */
  readonly onRelayed?: (call: RelayedCall) => void;
  /** Called when such a call begins; the function that it returns is called for each piece of the response. */
  readonly onResponse?: (rpc: string) => (piece: Buffer) => void;
}

/** Starts a proxy for cleartext gRPC in front of `server`, which may stop and restart. */
export async function startFaultProxy(
  server: { host: string; port: number },
  { onRelayed = () => {}, onResponse = () => () => {} }: ProxyListener = {},
): Promise<FaultProxy> {
  const armed: ArmedFault[] = [];
  const sessions = new Set<http2.ServerHttp2Session>();
  const link = new FaultLink(server, () => {
    for (const session of sessions) session.destroy();
  });
  const proxy = http2.createServer();
  proxy.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
  });
  proxy.on("stream", (caller, headers) => {
    caller.on("error", () => caller.destroy());
    link.admit(caller, headers);
    if (link.severed) return link.leaveUnanswered(caller);
    const rpc = String(headers[":path"]).split("/").at(-1) ?? "";
    const passage: Passage = {
      link,
      headers,
      report: (call) => onRelayed({ rpc, ...call }),
      hear: onResponse(rpc),
    };
    const fault = takeFault(armed, { rpc, routing: decodeURIComponent(String(headers[ROUTING_HEADER] ?? "")) });
    if (fault) spoil(caller, fault, passage).then(fault.hit, fault.fail);
    else relay(caller, passage);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", () => resolve()));

  return {
    host: "127.0.0.1",
    port: portOf(proxy),
    inject(fault) {
      const { promise, resolve: hit, reject: fail } = Promise.withResolvers<Buffer>();
      armed.push({ ...fault, toSkip: fault.skip ?? 0, left: fault.times ?? 1, hit, fail });
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
      link.close();
      await new Promise<void>((resolve) => proxy.close(() => resolve()));
    },
  };
}

function takeFault(
  armed: ArmedFault[],
  { rpc, routing }: { readonly rpc: string; readonly routing: string },
): ArmedFault | undefined {
  const fault = armed.find((one) => one.rpc === rpc && one.left > 0 && routing.includes(one.about ?? ""));
  if (!fault) return undefined;
  if (fault.toSkip > 0) {
    fault.toSkip--;
    return undefined;
  }
  fault.left--;
  return fault;
}

/** Makes a call fail; resolves with its bytes. */
async function spoil(caller: http2.ServerHttp2Stream, fault: ArmedFault, passage: Passage): Promise<Buffer> {
  const { link, headers } = passage;
  await fault.onArrival?.();
  const request = bytesOf(caller);
  if (fault.answer === "its-own") {
    relay(caller, passage);
    return request();
  }
  if (fault.when === "before-effect") await ended(caller);
  else await takeEffect(caller, link.request(headers));
  await fault.onEffect?.();
  answer(caller, fault, link);
  return request();
}

/** Lets the server carry out the call, and keeps its response. */
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

/** Forwards a call, and its response. */
function relay(caller: http2.ServerHttp2Stream, { link, headers, report, hear }: Passage): void {
  const server = link.request(headers);
  const request = bytesOf(caller);
  caller.pipe(server);
  server.once("close", () => {
    if (!caller.headersSent && !caller.destroyed) link.leaveUnanswered(caller);
  });
  caller.once("close", () => server.close());
  let trailers: http2.IncomingHttpHeaders = {};
  server.once("trailers", (received) => (trailers = received));
  server.once("response", (answer, flags) => {
    if (caller.destroyed) return;
    const reportStatus = (from: http2.IncomingHttpHeaders): void =>
      report({ request: request(), status: Number(from["grpc-status"]) });
    const endStream = (flags & http2.constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    caller.respond(answer, { endStream, waitForTrailers: !endStream });
    if (endStream) return reportStatus(answer);
    caller.once("wantTrailers", () => {
      reportStatus(trailers);
      caller.sendTrailers(trailers);
    });
    server.on("data", hear);
    server.pipe(caller);
  });
}

/** Buffers a call's incoming bytes. The returned function returns what has arrived so far. */
function bytesOf(caller: http2.ServerHttp2Stream): () => Buffer {
  const chunks: Buffer[] = [];
  caller.on("data", (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks);
}
