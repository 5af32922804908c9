import { renderToString } from "hono/jsx/dom/server";
import type { Assets } from "../assets.ts";
import type { WayOn } from "../http/way-on.ts";
import { Document } from "./document.tsx";

interface BarePageProps {
  readonly title: string;
  readonly detail: string;
  /** Default: the overview. */
  readonly on: WayOn | undefined;
  readonly assets: Assets;
}

/** A page for somebody who isn't known, or for when the producer can't be asked, as HTML. It has nothing but a message. */
export function barePage(props: BarePageProps): string {
  return `<!doctype html>${renderToString(<BarePage {...props} />)}`;
}

function BarePage({ title, detail, on = { href: "/", label: "Try again" }, assets }: BarePageProps) {
  return (
    <Document title={title} assets={assets}>
      <main class="bare">
        <h1>{title}</h1>
        <p>{detail}</p>
        <p>
          <a href={on.href}>{on.label}</a>
        </p>
      </main>
    </Document>
  );
}
