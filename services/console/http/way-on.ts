import type { ConsoleContext } from "./console-env.ts";

/** Where a page leads whose request failed. */
export interface WayOn {
  readonly href: string;
  readonly label: string;
}

/**
 * Leads on from a request that failed: to the same page again if that may help by now, or else back to the page from which
 * it came, such as the one with the button that was pressed. Undefined if nobody knows.
 */
export function wayOn({ req }: ConsoleContext, status: number): WayOn | undefined {
  const here = pathIn(req.url);
  const from = pathIn(req.header("referer") ?? "");
  const isPage = req.method !== "POST";
  if (isPage && here !== undefined && (status >= 500 || status === 429)) return { href: here, label: "Try again" };
  if (from === undefined || (isPage && from === here)) return undefined;
  return { href: from, label: "Back to where you were" };
}

/** The path and query of an address, whatever its host: a proxy may have changed that. Undefined if it would lead elsewhere. */
function pathIn(address: string): string | undefined {
  const url = URL.parse(address);
  // Two slashes would be another host's address.
  return url && /^\/(?![/\\])/.test(url.pathname) ? url.pathname + url.search : undefined;
}
