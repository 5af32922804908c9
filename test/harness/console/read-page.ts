/** The contents of a console page, for assertions. */
export interface ReadPage {
  /** The text that people read: without tags, and with single spaces for white space. */
  readonly text: string;
  /** The text of `<main>` alone. */
  readonly main: string;
  /** The targets of its links, in order. */
  readonly links: readonly string[];
  /** The targets of its forms, in order. */
  readonly actions: readonly string[];
  /** The names of all its elements, in order. */
  readonly tags: readonly string[];
  /** The values of an attribute, in order. */
  valuesOf(attribute: string): string[];
  /** The interval in seconds at which `<main>` refreshes itself; undefined if it doesn't. */
  readonly liveSeconds: number | undefined;
}

/** Reads a page that Hono's JSX has written, which escapes `<`, `>`, quotes and `&` in texts and attributes alike. */
export function readPage(html: string): ReadPage {
  const main = /<main\b[^<>]*>(.*)<\/main>/s.exec(html)?.[1] ?? "";
  const live = /<main\b[^<>]* data-live="(\d+)"/.exec(html)?.[1];
  return {
    text: textOf(html),
    main: textOf(main),
    links: valuesOf(html, "href", "a"),
    actions: valuesOf(html, "action", "form"),
    tags: [...html.matchAll(/<([a-z][a-z0-9]*)\b/g)].map(([, name = ""]) => name),
    valuesOf: (attribute) => valuesOf(html, attribute),
    liveSeconds: live === undefined ? undefined : Number(live),
  };
}

function textOf(html: string): string {
  return decode(html.replaceAll(/<[^<>]*>/g, " "))
    .replaceAll(/\s+/g, " ")
    .trim();
}

function valuesOf(html: string, attribute: string, tag = "[a-z][a-z0-9]*"): string[] {
  const pattern = new RegExp(`<${tag}\\b[^<>]*? ${attribute}="([^"]*)"`, "g");
  return [...html.matchAll(pattern)].map(([, value = ""]) => decode(value));
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };

function decode(html: string): string {
  return html.replaceAll(/&(amp|lt|gt|quot|#39);/g, (whole, name: string) => ENTITIES[name] ?? whole);
}
