const PLAIN = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

/** A text as one word of a shell, whatever is in it. One that begins with a dash would be an option, so that `--` comes first. */
export function inShell(text: string): string {
  if (PLAIN.test(text)) return text;
  const quoted = `'${text.replaceAll("'", String.raw`'\''`)}'`;
  return text.startsWith("-") ? `-- ${quoted}` : quoted;
}
