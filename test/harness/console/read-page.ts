/** What a page of the console says, for assertions. */
export interface ReadPage {
  /** As people read it: without tags, each run of white space as one space. */
  readonly text: string;
  /** The same, of `<main>` alone. */
  readonly main: string;
  /** Where its links lead, in order. */
  readonly links: readonly string[];
  /** Where its forms go, in order. */
  readonly actions: readonly string[];
  /** The names of all its elements, in order. */
  readonly tags: readonly string[];
  /** The values of an attribute, in order. */
  valuesOf(attribute: string): string[];
  /** Whether `<main>` refreshes itself, and after how many seconds. */
  readonly liveSeconds: number | undefined;
}

/** Reads a page that Hono's JSX has written: it escapes `<`, `>`, quotes and `&` in texts and attributes alike. */
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
