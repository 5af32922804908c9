import type { LookupAddress } from "node:dns";
import { isIP } from "node:net";
import type { NameResolver } from "../../../../shared/network/name-resolver.ts";
import type { Clock } from "../../../../shared/runtime/clock.ts";
import { DeadlineError, cancelAtDeadline } from "../../../../shared/runtime/deadline.ts";
import { isPublicAddress } from "./public-address.ts";
import { hostOf, portOf } from "../../../../shared/network/url-parts.ts";

/** Where webhooks may go. */
export interface DestinationRules {
  /** Whether hosts may be on this machine or in its network. There, any port is allowed. */
  readonly allowPrivateAddresses: boolean;
  /** The ports that public hosts may have. */
  readonly allowedPorts: readonly number[];
}

/** What a URL's host leads to. */
export type Destination =
  | { readonly kind: "found"; readonly addresses: readonly LookupAddress[] }
  /** It can't be delivered to, now or later. */
  | { readonly kind: "refused"; readonly code: "address_refused" | "port_refused" }
  | { readonly kind: "no-answer"; readonly code: NameFailure };

/** Why a name couldn't be resolved, as a code for programs. */
export type NameFailure = "aborted" | "name_not_found" | "name_server_failed" | "name_timeout" | "network_error";

/** How long a name may take to resolve. */
const LOOKUP_TIMEOUT_MS = 4_000;

/** By c-ares's code (https://nodejs.org/api/dns.html#error-codes). All of them may pass, so all are tried again. */
const NAME_FAILURES = new Map<unknown, NameFailure>([
  ["EAI_AGAIN", "name_not_found"],
  ["EBADNAME", "name_not_found"],
  ["ENODATA", "name_not_found"],
  ["ENOTFOUND", "name_not_found"],
  ["EBADRESP", "name_server_failed"],
  ["ECONNREFUSED", "name_server_failed"],
  ["EFORMERR", "name_server_failed"],
  ["ENOTIMP", "name_server_failed"],
  ["EREFUSED", "name_server_failed"],
  ["ESERVFAIL", "name_server_failed"],
  ["ETIMEOUT", "name_timeout"],
]);

/**
 * Resolves a URL's host, once, and checks every address and the port. Connections go to these very addresses, so a later
 * change of the name has no effect. A host that is an IP address needs no lookup. Gives up after 4 s. Never throws.
 */
export async function findDestination(
  url: URL,
  {
    signal,
    clock,
    resolve,
    rules,
  }: { signal: AbortSignal; clock: Clock; resolve: NameResolver; rules: DestinationRules },
): Promise<Destination> {
  const isPortAllowed = rules.allowedPorts.includes(portOf(url));
  try {
    const addresses = await cancelAtDeadline({ clock, timeoutMs: LOOKUP_TIMEOUT_MS, signal }, (waitOver) =>
      addressesOf(url, { signal: waitOver, resolve, asksSystem: rules.allowPrivateAddresses }),
    );
    const hasPrivate = addresses.some(({ address }) => !isPublicAddress(address));
    const hasPublic = addresses.some(({ address }) => isPublicAddress(address));
    if (hasPrivate && !rules.allowPrivateAddresses) return { kind: "refused", code: "address_refused" };
    if (hasPublic && !isPortAllowed) return { kind: "refused", code: "port_refused" };
    return addresses.length > 0 ? { kind: "found", addresses } : { kind: "no-answer", code: "name_not_found" };
  } catch (error) {
    if (!isPortAllowed && !rules.allowPrivateAddresses) return { kind: "refused", code: "port_refused" };
    return { kind: "no-answer", code: signal.aborted ? "aborted" : nameFailureOf(error) };
  }
}

async function addressesOf(
  url: URL,
  { resolve, ...options }: { signal: AbortSignal; resolve: NameResolver; asksSystem: boolean },
): Promise<readonly LookupAddress[]> {
  const host = hostOf(url);
  const family = isIP(host);
  return family === 0 ? await resolve(host, options) : [{ address: host, family }];
}

function nameFailureOf(error: unknown): NameFailure {
  if (error instanceof DeadlineError) return "name_timeout";
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return NAME_FAILURES.get(code) ?? "network_error";
}
