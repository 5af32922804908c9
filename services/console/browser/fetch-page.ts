/** How long a refresh may take, in milliseconds. */
const TIMEOUT_MS = 15_000;

/** What came of a refresh. */
export type Fetched =
  | { readonly kind: "page"; readonly title: string; readonly main: HTMLElement }
  /** Nobody can be asked, or something failed that may work again. */
  | { readonly kind: "failed" }
  /** Whoever looks has to sign in again, which takes a page of its own. */
  | { readonly kind: "signed-out" };

const UNAUTHORIZED = 401;
/** What the page is about is there no more, and its page says so. */
const NOT_FOUND = 404;

/**
 * Fetches the page that is shown. Once a session has expired, Identity-Aware Proxy responds with 401 if the header says that a
 * script asks, and leads to Google's sign-in otherwise (https://cloud.google.com/iap/docs/sessions-howto). No page that
 * refreshes itself leads elsewhere.
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
