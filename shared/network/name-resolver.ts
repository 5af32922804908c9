import dns, { type LookupAddress } from "node:dns";
import { type Clock, systemClock } from "../runtime/clock.ts";
import { type HostsFile, openHostsFile } from "./hosts-file.ts";

/**
 * Resolves a name to its addresses, at least one. Rejects with an error whose `code` is one of c-ares's
 * (https://nodejs.org/api/dns.html#error-codes), such as ENOTFOUND, or with the signal's reason once that has fired.
 */
export type NameResolver = (hostname: string, options: ResolveOptions) => Promise<LookupAddress[]>;

export interface ResolveOptions {
  /** Ends the lookup at once, and its queries with it. */
  readonly signal: AbortSignal;
  /**
   * Whether the operating system is asked about names that DNS doesn't know: it also knows search domains, mDNS and a
   * VPN's own names. It can't be told to stop, so this is for names that nobody else chooses. Default false.
   */
  readonly asksSystem?: boolean;
}

/** How long to wait for a DNS server before asking the next one, or the same one again, for longer. */
const TRY_MS = 1_000;
const TRIES = 3;

/** How long the addresses of one family wait for those of the other. Some servers never answer for IPv6. */
const OTHER_FAMILY_MS = 1_000;

/** How many addresses of a name are used. A connection tries one after the other. */
const MAX_ADDRESSES = 16;

/** A lookup by the system holds one of the four threads that all of them share. */
const MAX_SYSTEM_LOOKUPS = 2;

const LOOPBACK: readonly LookupAddress[] = [
  { address: "127.0.0.1", family: 4 },
  { address: "::1", family: 6 },
];

/**
 * A resolver that never waits for a thread. `dns.lookup`, which node:http and fetch use, waits in one of libuv's four
 * threads and can't be cancelled there, so four names whose DNS server doesn't answer stop every other lookup
 * (https://nodejs.org/api/dns.html#implementation-considerations). This one asks the hosts file, and then DNS by c-ares,
 * which takes no threads. IPv4 addresses come first.
 *
 * Names are taken as complete: no search domain is appended.
 *
 * @param options.servers the DNS servers, as `address:port`; default: the system's.
 * @param options.hosts default: the system's hosts file.
 */
export function createNameResolver({
  clock = systemClock,
  servers,
  hosts = openHostsFile({ clock }),
}: { clock?: Clock; servers?: readonly string[]; hosts?: HostsFile } = {}): NameResolver {
  const askSystem = limitedSystemLookup();
  return async (hostname, { signal, asksSystem = false }) => {
    signal.throwIfAborted();
    const name = hostname.replace(/\.$/, "");
    const known = namedLocally(name, hosts);
    if (known.length > 0) return known;
    try {
      return await askDns(hostname, { signal, clock, servers });
    } catch (error) {
      signal.throwIfAborted();
      if (asksSystem) return await askSystem(hostname, error);
      throw error;
    }
  };
}

/** What the hosts file says, and loopback for `localhost` and names below it (https://www.rfc-editor.org/rfc/rfc6761). */
function namedLocally(name: string, hosts: HostsFile): LookupAddress[] {
  const listed = hosts(name);
  if (listed.length > 0) return listed.slice(0, MAX_ADDRESSES);
  return /^(?:.+\.)?localhost$/i.test(name) ? [...LOOPBACK] : [];
}

async function askDns(
  hostname: string,
  { signal, clock, servers }: { signal: AbortSignal; clock: Clock; servers: readonly string[] | undefined },
): Promise<LookupAddress[]> {
  // One for each lookup, since cancelling one ends all of its queries.
  const resolver = new dns.promises.Resolver({ timeout: TRY_MS, tries: TRIES });
  if (servers) resolver.setServers(servers);
  const cancel = (): void => resolver.cancel();
  signal.addEventListener("abort", cancel, { once: true });
  let patience: { cancel(): void } | undefined;
  const of = (family: 4 | 6) => (addresses: string[]) => {
    patience ??= clock.setTimer(OTHER_FAMILY_MS, cancel);
    return addresses.map((address): LookupAddress => ({ address, family }));
  };
  try {
    const answers = await Promise.allSettled([
      resolver.resolve4(hostname).then(of(4)),
      resolver.resolve6(hostname).then(of(6)),
    ]);
    const addresses = answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
    if (addresses.length === 0) throw failureIn(answers);
    return addresses.slice(0, MAX_ADDRESSES);
  } finally {
    signal.removeEventListener("abort", cancel);
    patience?.cancel();
  }
}

/** That a name has no address of one family says less than that the other couldn't be found out. */
function failureIn(answers: readonly PromiseSettledResult<unknown>[]): unknown {
  const reasons = answers.flatMap((answer) => (answer.status === "rejected" ? [reasonOf(answer)] : []));
  return reasons.find((reason) => !isNoData(reason)) ?? reasons[0] ?? noAddress();
}

/** Node types it as any. */
function reasonOf({ reason }: PromiseRejectedResult): unknown {
  return reason;
}

function isNoData(reason: unknown): boolean {
  return reason instanceof Error && "code" in reason && reason.code === dns.NODATA;
}

function noAddress(): Error {
  return Object.assign(new Error("The name has no address."), { code: dns.NODATA });
}

/** The operating system's own lookup, a few at a time. Beyond those it fails with the error that DNS gave. */
function limitedSystemLookup(): (hostname: string, error: unknown) => Promise<LookupAddress[]> {
  let underWay = 0;
  return async (hostname, error) => {
    if (underWay >= MAX_SYSTEM_LOOKUPS) throw error;
    underWay += 1;
    try {
      const addresses = await dns.promises.lookup(hostname, { all: true });
      return addresses.slice(0, MAX_ADDRESSES);
    } catch {
      throw error;
    } finally {
      underWay -= 1;
    }
  };
}
