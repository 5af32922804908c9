import net from "node:net";

/** The parts of a request that show who sends it, and which server it is meant for. */
export interface RequestHead {
  /** The target as it was sent: a path, or a whole URL. */
  readonly target: string;
  /** All values of a header, by its name in lower case. */
  readonly header: (name: string) => readonly string[];
}

/** Why a request is refused. The text is for the developer who sees it. */
export interface Refusal {
  readonly status: 400 | 403;
  readonly detail: string;
}

/**
 * Refuses a request that calls this server by a name that isn't its own.
 *
 * While a web page is open, its owner can make the page's domain resolve to this machine. The browser then treats this
 * server as part of the page's site and lets the page read and send anything (DNS rebinding). Only the Host header
 * still has the page's name, and such a name has a dot. Names that can't be rebound pass: IP addresses, `localhost` and
 * names below it, which are always loopback (https://www.rfc-editor.org/rfc/rfc6761#section-6.3), and names without a
 * dot, which Compose gives to containers.
 *
 * @param allowedNames other names to accept, as `parseHostName` returns them.
 */
export function refuseForeignHost(
  { target, header }: RequestHead,
  allowedNames: ReadonlySet<string>,
): Refusal | undefined {
  const [host, ...others] = header("host");
  if (host === undefined || others.length > 0) return { status: 400, detail: "Send one Host header." };
  // If the target is a whole URL, it overrides the header (https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2).
  const [, authority = host] = WHOLE_URL.exec(target) ?? [];
  for (const named of [host, authority]) {
    const name = nameIn(named);
    if (name === undefined) return { status: 400, detail: "The request's host is not a name or an address." };
    if (!isLocal(name) && !allowedNames.has(withoutLastDot(name))) return { status: 403, detail: unknownName(name) };
  }
  return undefined;
}

const WHOLE_URL = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i;
const HOST_AND_PORT = /^(\[[^\]]*\]|[a-z0-9._-]+)(?::\d{0,5})?$/i;

/** The name or address in `host:port`; undefined if it is neither. An IPv6 address keeps its brackets. */
function nameIn(hostAndPort: string): string | undefined {
  const name = HOST_AND_PORT.exec(hostAndPort)?.[1]?.toLowerCase();
  if (!name?.startsWith("[")) return name;
  return net.isIPv6(name.slice(1, -1)) ? name : undefined;
}

function isLocal(name: string): boolean {
  const bare = withoutLastDot(name);
  if (name.startsWith("[") || net.isIPv4(bare)) return true;
  return !name.includes(".") || bare === "localhost" || bare.endsWith(".localhost");
}

function unknownName(name: string): string {
  return (
    `This server doesn't know the name ${name}, which could be that of a web page. ` +
    "If it is yours, allow it with --allow-host, or in the variable ALLOW_HOST."
  );
}

/**
 * Normalises a host name for comparison: lower case, without a trailing dot. Undefined if the text isn't a host name,
 * or has a port.
 */
export function parseHostName(text: string): string | undefined {
  return /^[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?$/i.test(text) ? withoutLastDot(text.toLowerCase()) : undefined;
}

/** `name.` is the same as `name`, marked as fully qualified. */
function withoutLastDot(name: string): string {
  return name.endsWith(".") ? name.slice(0, -1) : name;
}

const FOREIGN_PAGE: Refusal = {
  status: 403,
  detail: "This request comes from a web page that this server didn't serve. Programs send no Origin and no Referer.",
};

/**
 * Refuses a request that a browser sends for a page from elsewhere, even from another port of this machine. No page can
 * set or omit the headers that show this (https://developer.mozilla.org/docs/Glossary/Forbidden_request_header).
 *
 * @param scheme the scheme that browsers use for this server.
 */
export function refuseForeignPage({ header }: RequestHead, scheme: "http" | "https"): Refusal | undefined {
  // Lazy, because few requests have any header to compare it with.
  const own = (): string | undefined => originOf(`${scheme}://${header("host")[0] ?? ""}`);
  const sites = header("sec-fetch-site");
  const origins = header("origin");
  // `none` means that a person acted directly, for example typed the address into the browser.
  const isForeign =
    sites.some((site) => site !== "same-origin" && site !== "none") || origins.some((origin) => origin !== own());
  if (isForeign) return FOREIGN_PAGE;
  // Some browsers send nothing else with a GET.
  const isTold = sites.length > 0 || origins.length > 0;
  return !isTold && header("referer").some((page) => originOf(page) !== own()) ? FOREIGN_PAGE : undefined;
}

function originOf(url: string): string | undefined {
  return URL.parse(url)?.origin;
}
