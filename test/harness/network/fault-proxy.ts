import type { status } from "@grpc/grpc-js";
import http2 from "node:http2";
import { portOf } from "../../../shared/http/listening-port.ts";
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
  /** How many calls it hits. Default 1. */
  readonly times?: number;
  /** Awaited when a call has arrived, before the server sees anything of it. */
  readonly onArrival?: () => Promise<void>;
  /** Awaited when a call has had whatever effect it is to have, before its caller learns anything. */
  readonly onEffect?: () => Promise<void>;
}

/** A call that went through unharmed, as it stood on the wire. */
export interface RelayedCall {
  readonly rpc: string;
  /** The request's frames of gRPC. */
  readonly request: Buffer;
  readonly status: number;
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
  /** Prepares a fault; resolves when it hits for the first time, its effect included, with the bytes of the call. */
  inject(fault: Fault): Promise<Buffer>;
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

/** What a call goes through. */
interface Passage {
  readonly link: FaultLink;
  readonly headers: http2.IncomingHttpHeaders;
  /** Hears of the call when it went through unharmed. */
  readonly report: (call: Omit<RelayedCall, "rpc">) => void;
}

interface ArmedFault extends Fault {
  toSkip: number;
  left: number;
  readonly hit: (call: Buffer) => void;
  readonly fail: (error: unknown) => void;
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
    const passage: Passage = { link, headers, report: (call) => onRelayed({ rpc, ...call }) };
    const fault = takeFault(armed, rpc);
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

/** Lets a call go wrong; resolves with its bytes. */
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

/** Passes a call on and its answer back. */
function relay(caller: http2.ServerHttp2Stream, { link, headers, report }: Passage): void {
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
    server.pipe(caller);
  });
}

/** Keeps what comes in of a call; the result tells what has come so far. */
function bytesOf(caller: http2.ServerHttp2Stream): () => Buffer {
  const chunks: Buffer[] = [];
  caller.on("data", (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks);
}
