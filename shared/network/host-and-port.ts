/** The address of a server. */
export interface HostAndPort {
  /** A name or an address; an IPv6 address is in brackets, as in a URL. */
  readonly host: string;
  readonly port: number;
}

/** The highest TCP port. */
export const HIGHEST_PORT = 65_535;

/** The error message for any other text. */
export const NOT_HOST_AND_PORT = "must be host:port, for example 127.0.0.1:8123";

/** Parses `host:port`, the form in which Google's clients accept an emulator's address; undefined for anything else. */
export function parseHostAndPort(text: string): HostAndPort | undefined {
  const [, host, port] = /^(\[[\da-f:.]+\]|[^\s:/[\]]+):(\d{1,5})$/i.exec(text) ?? [];
  return host && Number(port) <= HIGHEST_PORT ? { host, port: Number(port) } : undefined;
}
