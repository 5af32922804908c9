import type { Address } from "./outgoing-request.ts";
import { type ResponseHead, headerValue } from "./response-head.ts";
import { TargetConnection } from "./target-connection.ts";

/** For each target. */
const MAX_KEPT = 512;

/** A server may promise more; a kept connection is closed after this long without use. */
const MAX_KEPT_MS = 4000;

/** A request must arrive before its server closes the connection. */
const MARGIN_MS = 1000;

/** How often to look for connections that were kept for long enough. */
const SWEEP_MS = 1000;

interface Kept {
  readonly connection: TargetConnection;
  readonly untilMs: number;
}

/**
 * Connections that are used again only while their server has promised to keep them open, by the header
 * Keep-Alive: timeout=5, say.
 *
 * Any other server may close a connection at the moment in which the next request is sent. Nobody can then tell a request
 * that was never read from one whose handler crashed: to send it again could run a handler twice in one attempt, and not to
 * could lose a task of one attempt. On a new connection the question doesn't arise.
 */
export class ConnectionPool {
  /** By the origins of their targets. The last was used last. */
  readonly #kept = new Map<string, Kept[]>();
  /** Those in use, too. */
  readonly #open = new Set<TargetConnection>();
  #sweep: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** Opens a connection. */
  open(address: Address): TargetConnection {
    const connection = new TargetConnection(address, (closed) => this.#open.delete(closed));
    this.#open.add(connection);
    return connection;
  }

  /** A kept connection. Undefined if there is none. */
  take({ origin }: Address): TargetConnection | undefined {
    const kept = this.#kept.get(origin) ?? [];
    const nowMs = performance.now();
    for (let last = kept.pop(); last; last = kept.pop()) {
      if (last.connection.isOpen && nowMs < last.untilMs) return last.connection;
      last.connection.destroy();
    }
    return undefined;
  }

  /** Keeps a connection whose response is complete, if its server has promised to; otherwise closes it. */
  release({ origin, method }: Address, connection: TargetConnection, head: ResponseHead): void {
    const forMs = promisedMs(head);
    const kept = this.#kept.get(origin) ?? [];
    const isUsable = connection.isOpen && connection.isFlushed && !mayHaveStrayBody(method, head);
    connection.use(undefined);
    if (this.#isClosed || !isUsable || forMs <= 0 || kept.length >= MAX_KEPT) {
      connection.destroy();
      return;
    }
    kept.push({ connection, untilMs: performance.now() + forMs });
    this.#kept.set(origin, kept);
    this.#sweep ??= setInterval(() => this.#closeOld(), SWEEP_MS).unref();
  }

  /** Closes all connections, and keeps none from now on. */
  close(): void {
    this.#isClosed = true;
    clearInterval(this.#sweep);
    for (const connection of this.#open) connection.destroy();
    this.#kept.clear();
  }

  #closeOld(): void {
    const nowMs = performance.now();
    for (const [origin, kept] of this.#kept) {
      const fresh = kept.filter(({ connection, untilMs }) => connection.isOpen && nowMs < untilMs);
      for (const each of kept) if (!fresh.includes(each)) each.connection.destroy();
      if (fresh.length > 0) this.#kept.set(origin, fresh);
      else this.#kept.delete(origin);
    }
    if (this.#kept.size > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }
}

/** How long a connection may be used again, less a margin. */
function promisedMs(head: ResponseHead): number {
  if (/\bclose\b/i.test(headerValue(head, "connection") ?? "")) return 0;
  const [, seconds = "0"] = /\btimeout=(\d+)/.exec(headerValue(head, "keep-alive") ?? "") ?? [];
  return Math.min(MAX_KEPT_MS, Number(seconds) * 1000 - MARGIN_MS);
}

/** Responses without a body (RFC 9112, section 6.3), after which some servers send one: it would precede the next response. */
function mayHaveStrayBody(method: string, head: ResponseHead): boolean {
  if (method === "HEAD") return true;
  if (head.status !== 204 && head.status !== 304) return false;
  return headerValue(head, "content-length") !== undefined || headerValue(head, "transfer-encoding") !== undefined;
}
