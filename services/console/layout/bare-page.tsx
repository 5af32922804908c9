import { renderToString } from "hono/jsx/dom/server";
import type { Assets } from "../assets.ts";
import type { RecoveryLink } from "../http/recovery-link.ts";
import { Document } from "./document.tsx";

interface BarePageProps {
  readonly title: string;
  readonly detail: string;
  /** Default: the overview. */
  readonly on: RecoveryLink | undefined;
  readonly assets: Assets;
}

/** The HTML of a page with nothing but a message, for an unknown visitor, or when the producer can't be asked. */
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
