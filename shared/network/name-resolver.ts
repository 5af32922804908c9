import dns, { type LookupAddress } from "node:dns";
import { type Clock, systemClock } from "../runtime/clock.ts";
import { type HostsFile, openHostsFile } from "./hosts-file.ts";

/**
 * Resolves a name to one or more addresses. Rejects with an error whose `code` is from c-ares
 * (https://nodejs.org/api/dns.html#error-codes), such as ENOTFOUND, or with the signal's reason once it has fired.
 */
export type NameResolver = (hostname: string, options: ResolveOptions) => Promise<LookupAddress[]>;

export interface ResolveOptions {
  /** Ends the lookup and its queries at once. */
  readonly signal: AbortSignal;
  /**
   * Whether to ask the operating system about names that DNS doesn't know: it also knows search domains, mDNS and a
   * VPN's own names. Its lookups can't be cancelled, so use this only for names that no caller chooses. Default false.
   */
  readonly asksSystem?: boolean;
}

/** How long to wait for a DNS server before trying the next one, or the same one again with a longer wait. */
const TRY_MS = 1_000;
const TRIES = 3;

/** How long the addresses of one family wait for those of the other. Some servers never respond for IPv6. */
const OTHER_FAMILY_MS = 1_000;

/** How many of a name's addresses are used. A connection tries them one after another. */
const MAX_ADDRESSES = 16;

/** Each lookup by the system occupies one of the process's four pool threads. */
const MAX_SYSTEM_LOOKUPS = 2;

const LOOPBACK: readonly LookupAddress[] = [
  { address: "127.0.0.1", family: 4 },
  { address: "::1", family: 6 },
];

/**
 * A resolver that never waits for a thread. `dns.lookup`, which node:http and fetch use, occupies one of libuv's four
 * threads and can't be cancelled, so four names whose DNS server is silent block every other lookup
 * (https://nodejs.org/api/dns.html#implementation-considerations). This one reads the hosts file, then asks DNS through
 * c-ares, which needs no threads. IPv4 addresses are first in the list.
 *
 * Names are treated as fully qualified: no search domain is appended.
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

/** Addresses from the hosts file, and loopback for `localhost` and below (https://www.rfc-editor.org/rfc/rfc6761). */
function namedLocally(name: string, hosts: HostsFile): LookupAddress[] {
  const listed = hosts(name);
  if (listed.length > 0) return listed.slice(0, MAX_ADDRESSES);
  return /^(?:.+\.)?localhost$/i.test(name) ? [...LOOPBACK] : [];
}

async function askDns(
  hostname: string,
  { signal, clock, servers }: { signal: AbortSignal; clock: Clock; servers: readonly string[] | undefined },
): Promise<LookupAddress[]> {
  // A resolver for each lookup, since cancelling one ends all of its queries.
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

/** "No address of one family" says less than an error about the other family, so prefer the error. */
function failureIn(answers: readonly PromiseSettledResult<unknown>[]): unknown {
  const reasons = answers.flatMap((answer) => (answer.status === "rejected" ? [reasonOf(answer)] : []));
  return reasons.find((reason) => !isNoData(reason)) ?? reasons[0] ?? noAddress();
}

/** Node's type for `reason` is any. */
function reasonOf({ reason }: PromiseRejectedResult): unknown {
  return reason;
}

function isNoData(reason: unknown): boolean {
  return reason instanceof Error && "code" in reason && reason.code === dns.NODATA;
}

function noAddress(): Error {
  return Object.assign(new Error("The name has no address."), { code: dns.NODATA });
}

/** The operating system's own lookup, a few at a time. When too many are in progress, it fails with DNS's error. */
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
