/** Text for the end of a command's help. Each line is a command that a shell runs as it stands; a test runs them all. */
export function examples(...commands: readonly string[]): string {
  return `\nExamples:\n${commands.map((command) => `  $ ${command}`).join("\n")}`;
}
