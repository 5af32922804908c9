import dns, { type LookupAddress, type LookupOptions } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";

/** Resolves a name to all its addresses. */
export type Resolve = (hostname: string, options: LookupOptions) => Promise<LookupAddress[]>;

/** A host has an address that outsiders must not make us connect to. */
export class RefusedAddressError extends Error {
  readonly code = "ADDRESS_REFUSED";
}

/** The IPv6 addresses that IANA allocates for the Internet (https://www.iana.org/assignments/ipv6-address-space). */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR("2000::/3");

/**
 * Whether an address belongs to the public Internet. Everything else is refused: private, shared, loopback, link-local
 * (where metadata servers live), multicast and reserved addresses, and IPv6 forms that embed an IPv4 address.
 */
export function isPublicAddress(address: string): boolean {
  // ipaddr.js also accepts forms with fewer parts, and octal ones, which other parsers read differently.
  if (isIP(address) === 0) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== "unicast") return false;
  return parsed instanceof ipaddr.IPv4 || parsed.match(GLOBAL_IPV6);
}

/**
 * Whether a URL's host is an IP address that isn't public. Node connects to an IP address without a lookup, so
 * `publicLookup` never sees it. By now, URL has normalised decimal, octal and hexadecimal forms.
 */
export function namesRefusedAddress(url: URL): boolean {
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return isIP(host) !== 0 && !isPublicAddress(host);
}

/** The system's resolver, which node:http also uses. */
export const systemResolve: Resolve = (hostname, options) => dns.promises.lookup(hostname, { ...options, all: true });

/**
 * A lookup for node:http that only succeeds if every address of the name is public. The socket connects to the address
 * that this very call returned, so a later change of the name has no effect. Fails with RefusedAddressError.
 */
export function publicLookup(resolve: Resolve): LookupFunction {
  return anyLookup(async (hostname, options) => {
    const addresses = await resolve(hostname, options);
    if (!addresses.every(({ address }) => isPublicAddress(address))) {
      throw new RefusedAddressError("The name has an address that is not public.");
    }
    return addresses;
  });
}

/** A lookup for node:http that returns any address of the name. */
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
