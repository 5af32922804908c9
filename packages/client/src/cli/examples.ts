/** Text for the end of a command's help. Each line is a complete shell command; a test runs them all. */
export function examples(...commands: readonly string[]): string {
  return `\nExamples:\n${commands.map((command) => `  $ ${command}`).join("\n")}`;
}
