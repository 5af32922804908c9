import type { PropsWithChildren } from "hono/jsx";

const GOOGLE_CONSOLE = "https://console.cloud.google.com/";

/** A link to Google's console, if the address is one. On a laptop there is none. */
export function GoogleLink({ href, children }: PropsWithChildren<{ readonly href: string | undefined }>) {
  return href?.startsWith(GOOGLE_CONSOLE) === true ? (
    <a href={href} target="_blank" rel="noreferrer">
      {children}
    </a>
  ) : null;
}
