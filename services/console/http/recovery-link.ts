import type { ConsoleContext } from "./console-env.ts";

/** The link on a page whose request failed. */
export interface RecoveryLink {
  readonly href: string;
  readonly label: string;
}

/**
 * Where to go after a failed request: to the same page if a retry may help, otherwise back to the page that the request
 * was sent from, such as the one with the button. Undefined if unknown.
 */
export function recoveryLink({ req }: ConsoleContext, status: number): RecoveryLink | undefined {
  const here = pathIn(req.url);
  const from = pathIn(req.header("referer") ?? "");
  const isPage = req.method !== "POST";
  if (isPage && here !== undefined && (status >= 500 || status === 429)) return { href: here, label: "Try again" };
  if (from === undefined || (isPage && from === here)) return undefined;
  return { href: from, label: "Back to where you were" };
}

/** An address's path and query, whatever its host: a proxy may have changed that. Undefined if it leads elsewhere. */
function pathIn(address: string): string | undefined {
  const url = URL.parse(address);
  // A path that begins with two slashes would be another host's address.
  return url && /^\/(?![/\\])/.test(url.pathname) ? url.pathname + url.search : undefined;
}
