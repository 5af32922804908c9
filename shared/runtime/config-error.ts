/** A program's configuration is invalid. The message lists every problem, one per line. */
export class ConfigError extends Error {
  readonly code = "INVALID_CONFIG";
}
