/** What a program was told doesn't hold what it needs. The message lists every problem, a line each. */
export class ConfigError extends Error {
  readonly code = "INVALID_CONFIG";
}
