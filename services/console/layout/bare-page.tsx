import type { Assets } from "../assets.ts";
import { Document } from "./document.tsx";

/** A page for somebody who isn't known, or for when the producer can't be asked. It has nothing but a message. */
export function BarePage(message: { readonly title: string; readonly detail: string; readonly assets: Assets }) {
  const { title, detail, assets } = message;
  return (
    <Document title={title} assets={assets}>
      <main class="bare">
        <h1>{title}</h1>
        <p>{detail}</p>
        <p>
          <a href="/">Try again</a>
        </p>
      </main>
    </Document>
  );
}
