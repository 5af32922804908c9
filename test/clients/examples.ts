/** A code block of a page. */
export interface Example {
  /** The heading that it stands under. */
  readonly heading: string;
  readonly language: string;
  readonly code: string;
}

/** The code blocks of a page in Markdown that name their language. */
export function examplesIn(page: string): Example[] {
  const pieces = page.matchAll(/^#+ (?<heading>.+)$|^```(?<language>\w+)\n(?<code>[\s\S]*?)^```$/gm);
  const examples: Example[] = [];
  let heading = "";
  for (const { groups = {} } of pieces) {
    heading = groups["heading"] ?? heading;
    const { language, code } = groups;
    if (language !== undefined && code !== undefined) examples.push({ heading, language, code });
  }
  return examples;
}

/** The ports in use, by those that a page's examples are written for. */
export type Ports = Readonly<Record<"8123" | "8090" | "8080", number>>;

/** An example's code for other ports. */
export function atPorts(code: string, ports: Ports): string {
  return code.replaceAll(/\b(?:8123|8090|8080)\b/g, (port) => String(new Map(Object.entries(ports)).get(port)));
}

/** The paths at the target that an example has tasks delivered to. */
export function pathsIn(code: string): string[] {
  return [...code.matchAll(/127\.0\.0\.1:8080(\/from-[a-z-]+)/g)].map(([, path = ""]) => path);
}
