import { BlockList, isIP } from "node:net";
import * as z from "zod";
import { hostOf } from "../network/url-parts.ts";

/**
 * Scheme, host and port of a URL that can be requested. One pattern, so that it can appear in the OpenAPI document, and
 * without lookahead, which some validators don't support.
 */
const FORM =
  /^\s*[Hh][Tt][Tt][Pp][Ss]?:\/\/[/\\]*(?::?@)?(?:[^/\\?#@:[\]]+|\[[^/\\?#@[\]]+\])(?::(?:0*[1-9]\d*)?)?(?:[/\\?#]|\s*$)/;

/** Host names that resolvers look up; they refuse others (https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4). */
const NAME = /^(?:[a-z\d_*-]{1,63}\.)*[a-z\d_*-]{1,63}$/;
const MAX_NAME_LENGTH = 253;

/** Multicast and broadcast addresses. Nobody can connect to one. */
const GROUPS = new BlockList();
GROUPS.addSubnet("224.0.0.0", 4);
GROUPS.addAddress("255.255.255.255");
GROUPS.addSubnet("ff00::", 8, "ipv6");

/**
 * The schema of an http or https URL that can be requested, for payloads. It refuses what would fail whenever the
 * handler ran: a user name or password, port 0, and a host that no resolver accepts as a name. The handler finds out
 * whether the host exists and may be called.
 */
export const httpUrl = z
  .url({ protocol: /^https?$/, error: "must be an http or https URL", abort: true })
  .regex(FORM, { error: "must not contain a user name, a password or port 0", abort: true })
  .refine(hasHost, "must have a host that is an address, or a name in labels of 1 to 63 letters, digits, - and _");

/** By now the text is known to be a URL. */
function hasHost(text: string): boolean {
  const host = hostOf(new URL(text));
  const family = isIP(host);
  if (family !== 0) return !GROUPS.check(host, family === 6 ? "ipv6" : "ipv4");
  const name = host.replace(/\.$/, "");
  return name.length <= MAX_NAME_LENGTH && NAME.test(name);
}
