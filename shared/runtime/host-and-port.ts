/** Where something listens. */
export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** The highest TCP port. */
export const HIGHEST_PORT = 65_535;

/** What to say when it is none. */
export const NOT_HOST_AND_PORT = "must be host:port, for example 127.0.0.1:8123";

/** Takes `host:port` apart, as Google's clients take an emulator's address; undefined when it is none. */
export function parseHostAndPort(text: string): HostAndPort | undefined {
  const [, host, port] = /^([^\s:/]+):(\d{1,5})$/.exec(text) ?? [];
  return host && Number(port) <= HIGHEST_PORT ? { host, port: Number(port) } : undefined;
}
