import type { PropsWithChildren } from "hono/jsx";
import type { Assets } from "../assets.ts";

/** The HTML document around a page. */
export function Document({ title, assets, children }: PropsWithChildren<{ title: string; assets: Assets }>) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${title} · Handoff`}</title>
        <link rel="icon" href={assets.icon.path} />
        <link rel="stylesheet" href={assets.style.path} />
        <script type="module" src={assets.script.path}></script>
      </head>
      <body>{children}</body>
    </html>
  );
}
