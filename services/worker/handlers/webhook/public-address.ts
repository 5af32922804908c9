import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

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

/** The parts of an IPv6 address that name a network; whoever has one has all addresses in it. */
const NETWORK_PARTS = 4;

/** What an address has in common with those that anybody who has it can get, too: of IPv6, the network of 64 bits. */
export function networkOf(address: string): string {
  if (isIP(address) !== 6) return address;
  const parsed = ipaddr.parse(address);
  const parts = parsed instanceof ipaddr.IPv6 ? parsed.parts : [];
  return parts
    .slice(0, NETWORK_PARTS)
    .map((part) => part.toString(16))
    .join(":");
}
