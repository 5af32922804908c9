/** The command line, the environment or a file asks for something impossible. The message is for the person to read. */
export class ConfigError extends Error {
  readonly code = "INVALID_CONFIG";
}
