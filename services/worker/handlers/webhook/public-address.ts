import dns, { type LookupAddress, type LookupOptions } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";

/** Finds all addresses of a name. */
export type Resolve = (hostname: string, options: LookupOptions) => Promise<LookupAddress[]>;

/** A host stands for an address that nobody outside may have us connect to. */
export class RefusedAddressError extends Error {
  readonly code = "ADDRESS_REFUSED";
}

/** The addresses that IANA gives out for use on the Internet (https://www.iana.org/assignments/ipv6-address-space). */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR("2000::/3");

/**
 * Whether an address belongs to the open Internet. Everything else is refused: private, shared, loopback, link-local
 * (where metadata servers live), multicast and reserved addresses, and the forms of IPv6 that carry an IPv4 address.
 */
export function isPublicAddress(address: string): boolean {
  // ipaddr.js also reads forms with fewer parts, and octal ones, which mean something else elsewhere.
  if (isIP(address) === 0) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== "unicast") return false;
  return parsed instanceof ipaddr.IPv4 || parsed.match(GLOBAL_IPV6);
}

/**
 * Whether a URL names its host by an address that isn't public. Node connects to such addresses without a lookup, so
 * `publicLookup` never sees them. URL has normalised decimal, octal and hexadecimal forms by now.
 */
export function namesRefusedAddress(url: URL): boolean {
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return isIP(host) !== 0 && !isPublicAddress(host);
}

/** The system's resolver, as node:http uses it. */
export const systemResolve: Resolve = (hostname, options) => dns.promises.lookup(hostname, { ...options, all: true });

/**
 * A lookup for node:http that answers only when every address of the name is public. The socket connects to what this
 * very call has answered, so a name that changes afterwards changes nothing. Fails with RefusedAddressError.
 */
export function publicLookup(resolve: Resolve): LookupFunction {
  return anyLookup(async (hostname, options) => {
    const addresses = await resolve(hostname, options);
    if (!addresses.every(({ address }) => isPublicAddress(address))) {
      throw new RefusedAddressError("The name stands for an address that is not public.");
    }
    return addresses;
  });
}

/** A lookup for node:http that answers whatever the name stands for. */
export function anyLookup(resolve: Resolve): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, options).then(
      (addresses) => {
        const [first] = addresses;
        if (!first) callback(Object.assign(new Error("The name has no address."), { code: "ENOTFOUND" }), []);
        else if (options.all) callback(null, addresses);
        else callback(null, first.address, first.family);
      },
      (error: unknown) => callback(error instanceof Error ? error : new Error("The lookup failed."), []),
    );
  };
}
