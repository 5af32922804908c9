/** How long a refresh may take, in milliseconds. */
const TIMEOUT_MS = 15_000;

/** The result of a refresh. */
export type Fetched =
  | { readonly kind: "page"; readonly title: string; readonly main: HTMLElement }
  /** There was no response, or an error that may be temporary. */
  | { readonly kind: "failed" }
  /** The person must sign in again, on another page. */
  | { readonly kind: "signed-out" };

const UNAUTHORIZED = 401;
/** The subject of the page no longer exists, and its page says so. */
const NOT_FOUND = 404;

/**
 * Fetches the current page. Once a session has expired, Identity-Aware Proxy responds with 401 if the header shows that
 * a script is asking, and otherwise redirects to Google's sign-in (https://cloud.google.com/iap/docs/sessions-howto).
 * Pages that refresh themselves never redirect.
 */
export async function fetchPage(): Promise<Fetched> {
  try {
    const response = await fetch(location.href, {
      cache: "no-cache",
      redirect: "manual",
      headers: { "x-requested-with": "XMLHttpRequest" },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const { type, status, ok } = response;
    if (type === "opaqueredirect" || status === UNAUTHORIZED) return { kind: "signed-out" };
    if (!ok && status !== NOT_FOUND) return { kind: "failed" };
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const main = page.querySelector<HTMLElement>("main#main");
    return main ? { kind: "page", title: page.title, main } : { kind: "failed" };
  } catch {
    return { kind: "failed" };
  }
}
