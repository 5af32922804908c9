import type { LookupAddress } from "node:dns";
import { isIP } from "node:net";
import { isPublicAddress, networkOf } from "./public-address.ts";
import { hostOf, portOf } from "../../../../shared/network/url-parts.ts";

/** The labels that most domains are registered with, such as `example.com`. */
const DOMAIN_LABELS = 2;

/** What deliveries to one host share: its name or IP address, and the port. */
export function hostKey(url: URL): string {
  return `host ${nameOf(url)} ${portOf(url)}`;
}

/**
 * What lookups of one domain's names share: its name servers. Whoever has the domain has any number of names in it. A few
 * domains, such as `co.uk`, are many people's; theirs only meet while its name servers are slow.
 */
export function domainKeys(url: URL): string[] {
  const name = nameOf(url);
  return isIP(name) === 0 ? [`domain ${name.split(".").slice(-DOMAIN_LABELS).join(".")}`] : [];
}

/**
 * What deliveries to one place share, by whatever names they call it. On a private network, another port is another
 * subscriber.
 */
export function addressKeys(url: URL, addresses: readonly LookupAddress[]): string[] {
  const keys = addresses.map(({ address }) =>
    isPublicAddress(address) ? `address ${networkOf(address)}` : `address ${address} ${portOf(url)}`,
  );
  return [...new Set(keys)];
}

/** Without the dot that a complete name may end in. */
function nameOf(url: URL): string {
  return hostOf(url).replace(/\.$/, "");
}
