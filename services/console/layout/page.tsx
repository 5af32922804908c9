import { html } from "hono/html";
import type { Child } from "hono/jsx";
import type { Assets } from "../assets.ts";
import type { Console } from "../console.ts";
import type { ConsoleContext } from "../http/console-env.ts";
import { Document } from "./document.tsx";
import { type Place, Header } from "./header.tsx";
import { type PageContext, ProvidePage } from "./page-context.ts";

/** A page's title and settings. */
export interface PageHead {
  readonly title: string;
  /** The navigation entry that it belongs to. */
  readonly place?: Place | undefined;
  /** How often the page refreshes itself, in seconds. Default: it doesn't. */
  readonly liveSeconds?: number | undefined;
}

/** How often lists refresh themselves, in seconds. Their data is cached for as long. */
export const LIST_LIVE_SECONDS = 5;

/**
 * Responds with a page.
 *
 * @param console the files that every page loads, and the clock.
 */
export function respondWithPage(
  context: ConsoleContext,
  console: Pick<Console, "assets" | "clock">,
  head: PageHead & { readonly status?: 200 | 400 | 403 | 404 | 409 | 413 | 429 | 500 | 502 | 503 | undefined },
  content: Child,
): Response | Promise<Response> {
  const page: PageContext = {
    nowMs: console.clock.now(),
    formToken: context.get("formToken"),
    person: context.get("person"),
  };
  const whole = (
    <Page head={head} page={page} notice={context.get("notice")} assets={console.assets}>
      {content}
    </Page>
  );
  return context.html(html`<!doctype html>${whole}`, head.status ?? 200);
}

function Page(props: {
  readonly head: PageHead;
  readonly page: PageContext;
  readonly notice: string | undefined;
  readonly assets: Assets;
  readonly children?: Child;
}) {
  const { head, page, notice, assets, children } = props;
  return (
    <ProvidePage value={page}>
      <Document title={head.title} assets={assets}>
        <a class="skip" href="#main">
          Skip to the page
        </a>
        <Header place={head.place} isLive={head.liveSeconds !== undefined} />
        <div id="notice" role="status">
          {notice === undefined ? null : <p class="notice">{notice}</p>}
        </div>
        <main id="main" data-live={head.liveSeconds}>
          {children}
        </main>
        <KeyboardHelp />
      </Document>
    </ProvidePage>
  );
}

/** Shown by the script when `?` is pressed. */
function KeyboardHelp() {
  return (
    <dialog id="keys" aria-labelledby="keys-title">
      <h2 id="keys-title">Keyboard</h2>
      <dl class="keys">
        {KEYS.map(([keys, what]) => (
          <div>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button>Close</button>
      </form>
    </dialog>
  );
}

const KEYS: readonly (readonly [string, string])[] = [
  ["/", "Search"],
  ["j k", "Next and previous row"],
  ["Enter", "Open the row"],
  ["p", "Pause or resume live updates"],
  ["?", "This help"],
];
