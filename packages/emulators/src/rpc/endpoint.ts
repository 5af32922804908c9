import type http from "node:http";
import type net from "node:net";
import type protobuf from "protobufjs/light.js";
import { parseHostName } from "../guard/foreign-request.ts";
import { guardCalls } from "../guard/grpc-guard.ts";
import { guardAgainstPages } from "../guard/http-guard.ts";
import type { EmulatorLog } from "../kernel/emulator-log.ts";
import { createServer } from "../kernel/node-http.ts";
import { type BoundPort, bindPort } from "../kernel/port.ts";
import { type Admission, type RpcHandler, bindService, statusOf } from "./bind-service.ts";
import type { StreamHandler } from "./duplex-call.ts";
import { type CallHandler, createGrpcServer } from "./grpc/grpc-server.ts";
import { OpenCalls } from "./open-calls.ts";
import { loadOnce } from "./proto.ts";
import { type RestOptions, type RestSurface, createRestSurface } from "./rest.ts";

export interface EndpointOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Names with a dot that clients may call it by, besides `host`. Default none. */
  readonly allowHosts?: readonly string[];
  readonly services: readonly {
    /** Such as `google.firestore.v1.Firestore`. */
    name: string;
    load: () => protobuf.Service;
    /**
     * Whether to load it only with the first call or request that may be for it, so that a start is short. Default false: a
     * start refuses handlers that it can't serve.
     */
    isLate?: boolean;
    methods: Readonly<Record<string, RpcHandler>>;
    /** Handlers of RPCs with streamed requests; over gRPC only. Default none. */
    streams?: Readonly<Record<string, StreamHandler>>;
    /** How to serve it over HTTP and JSON too, on the same port. Default: not at all. */
    rest?: RestOptions;
    /** Decides about each unary gRPC call before it begins. Default: all may. */
    admit?: Admission;
    /** Whether fields that a unary request's message doesn't have are refused. Default false: they are ignored. */
    refuseUnknownFields?: boolean;
  }[];
  /** Creates what handles methods over HTTP/1.1 that no service has, and counts them in `calls`. Default: nothing. */
  readonly surface?: (calls: Map<string, number>) => RestSurface;
  /** Handles HTTP/1.1 requests on the same port that are not for a method of a service. */
  readonly http: http.RequestListener;
  /** The largest gRPC request in bytes. Default 12 MiB. */
  readonly maxRequestBytes?: number;
  readonly log?: EmulatorLog;
}

/** One port that serves gRPC (cleartext HTTP/2) and HTTP/1.1, as Google's own emulators do. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  /** How often each RPC was called, by its short name. */
  readonly calls: ReadonlyMap<string, number>;
  /**
   * Accepts no more connections or calls, lets those in progress end for up to two seconds, and resolves when the port is
   * free.
   */
  stop(): Promise<void>;
}

const DEFAULT_HOST = "127.0.0.1";
const HTTP2_PREFACE = "PRI";

/** How long a stop waits for calls in progress, by the wall clock. */
const OPEN_CALLS_MS = 2_000;
/** Clients keep idle connections. This is how long the GOAWAY and the last responses have to reach them, in milliseconds. */
const FLUSH_MS = 20;

const DEFAULT_MAX_REQUEST_BYTES = 12 * 1024 * 1024;

/**
 * Listens on one port for gRPC and HTTP/1.1, out of reach of web pages.
 *
 * @throws Error with code EADDRINUSE when the port is taken; RangeError when a name in `allowHosts` is none.
 */
export async function startEndpoint(options: EndpointOptions): Promise<Endpoint> {
  const { host = DEFAULT_HOST, port = 0 } = options;
  return serveEndpoint(await bindPort({ host, port }), options);
}

/**
 * Serves gRPC and HTTP/1.1 on a port that is bound, also whoever connected before, out of reach of web pages.
 *
 * @throws RangeError when a name in `allowHosts` is none.
 */
export function serveEndpoint(bound: BoundPort, options: Omit<EndpointOptions, "port">): Endpoint {
  const calls = new Map<string, number>();
  const allowedNames = readNames(options);
  const openCalls = new OpenCalls();
  const sockets = new Set<net.Socket>();
  const breakConnection = (peer: string): void => {
    for (const socket of sockets) {
      if (`${socket.remoteAddress}:${socket.remotePort}` === peer) socket.resetAndDestroy();
    }
  };
  const { handlerOf, surfaces } = bindServices(options, { calls, breakConnection });
  const grpcServer = createGrpcServer({
    handlerOf,
    refuse: guardCalls(allowedNames),
    mostRequestBytes: options.maxRequestBytes ?? DEFAULT_MAX_REQUEST_BYTES,
    statusOf: (error, path) => statusOf(error, path, options.log),
    began: () => openCalls.began(),
    ended: () => openCalls.ended(),
  });
  const handle: http.RequestListener = (request, response) => {
    openCalls.count(response);
    if (!surfaces.some((handles) => handles(request, response))) options.http(request, response);
  };
  const httpServer = createServer(guardAgainstPages(handle, allowedNames));

  /** Those that haven't said anything yet. */
  const silent = new Set<net.Socket>();
  bound.serve((socket) => {
    sockets.add(socket);
    silent.add(socket);
    socket.once("close", () => {
      sockets.delete(socket);
      silent.delete(socket);
    });
    socket.on("error", () => socket.destroy());
    socket.setNoDelay(true);
    routeByFirstBytes(socket, (isHttp2) => {
      silent.delete(socket);
      if (isHttp2) grpcServer.serve(socket);
      else httpServer.emit("connection", socket);
    });
  });

  const closeAll = (): void => sockets.forEach((socket) => socket.destroy());

  return {
    host: options.host ?? DEFAULT_HOST,
    port: bound.port,
    calls,
    async stop() {
      const closed = bound.close();
      grpcServer.shutDown();
      httpServer.close();
      httpServer.closeIdleConnections();
      for (const socket of silent) socket.destroy();
      const timers = [setTimeout(closeAll, OPEN_CALLS_MS)];
      void openCalls.untilIdle().then(() => timers.push(setTimeout(closeAll, FLUSH_MS)));
      await closed;
      timers.forEach(clearTimeout);
    },
  };
}

interface Shared {
  readonly calls: Map<string, number>;
  readonly breakConnection: (peer: string) => void;
}

/** Finds the handlers of the services' RPCs by their paths, over gRPC and over HTTP/1.1. */
function bindServices({ services, surface, log }: Omit<EndpointOptions, "port">, shared: Shared) {
  const bound = new Map<string, () => ReadonlyMap<string, CallHandler>>();
  const surfaces: RestSurface[] = surface ? [surface(shared.calls)] : [];
  for (const { rest, isLate = false, ...served } of services) {
    const load = loadOnce(served.load);
    const binding = { ...served, ...shared };
    const bind = loadOnce(() => bindService({ ...binding, service: load() }));
    if (!isLate) bind();
    bound.set(served.name, bind);
    if (rest) surfaces.push(createRestSurface({ ...binding, load, rest, ...(log ? { log } : {}) }));
  }
  const handlerOf = (path: string) => {
    const bind = bound.get(path.slice(1, path.lastIndexOf("/")));
    return bind?.().get(path);
  };
  return { handlerOf, surfaces };
}

/** An emulator that listens on a name may be called by it. */
function readNames({ host = "", allowHosts = [] }: EndpointOptions): ReadonlySet<string> {
  const names = allowHosts.map((text) => {
    const name = parseHostName(text);
    if (name === undefined) throw new RangeError(`allowHosts: ${JSON.stringify(text)} is not a name without a port.`);
    return name;
  });
  return new Set([parseHostName(host) ?? "localhost", ...names]);
}

/** An HTTP/2 client speaks first, and starts with a preface unlike any HTTP/1.1 request (RFC 9113, section 3.4). */
function routeByFirstBytes(socket: net.Socket, route: (isHttp2: boolean) => void): void {
  let head = Buffer.alloc(0);
  const look = (): void => {
    const chunk: unknown = socket.read();
    if (!Buffer.isBuffer(chunk)) {
      socket.destroy();
      return;
    }
    head = Buffer.concat([head, chunk]);
    const start = head.toString("latin1", 0, HTTP2_PREFACE.length);
    if (start !== HTTP2_PREFACE && HTTP2_PREFACE.startsWith(start)) {
      socket.once("readable", look);
      return;
    }
    socket.unshift(head);
    route(start === HTTP2_PREFACE);
  };
  socket.once("readable", look);
}
