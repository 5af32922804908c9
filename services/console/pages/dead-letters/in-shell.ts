const PLAIN = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

/** Quotes a text as one word of a shell command, after `--` if it begins with a dash like an option. */
export function inShell(text: string): string {
  if (PLAIN.test(text)) return text;
  const quoted = `'${text.replaceAll("'", String.raw`'\''`)}'`;
  return text.startsWith("-") ? `-- ${quoted}` : quoted;
}
