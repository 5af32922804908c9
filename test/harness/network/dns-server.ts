import dgram from "node:dgram";
import { once } from "node:events";
import net from "node:net";
import { isIPv4 } from "node:net";
import ipaddr from "ipaddr.js";

/** How the server responds to queries for one record type of a name. */
export type DnsAnswer =
  | { readonly addresses: readonly string[]; readonly canonicalName?: string }
  | { readonly code: keyof typeof RESPONSE_CODES }
  /** No response at all. */
  | "drop";

/** A name's records for IPv4 and IPv6, or the same response for both. */
export type DnsRecords = DnsAnswer | { readonly A: DnsAnswer; readonly AAAA: DnsAnswer };

export interface DnsServer {
  /** `address:port`, in the form for `setServers`. */
  readonly address: string;
  /** The queries so far: transport, type and name. */
  readonly queries: readonly string[];
  /** Resolves when a query has arrived. */
  nextQuery(): Promise<void>;
  close(): Promise<void>;
}

const RESPONSE_CODES = { FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;
const NO_RECORDS: DnsAnswer = { addresses: [] };
const TYPES = { A: 1, AAAA: 28 } as const;
const CNAME = 5;
/** The limit for UDP without EDNS (https://www.rfc-editor.org/rfc/rfc1035). */
const MAX_UDP_BYTES = 512;
const MAX_TRIES = 20;

/**
 * A DNS server on loopback, over UDP and TCP on one port. Unknown names don't exist. Responses that are too long for
 * UDP are truncated there.
 *
 * @param options.overTcp whether it listens on TCP; default true.
 */
export async function startDnsServer(
  names: Readonly<Record<string, DnsRecords>>,
  { overTcp = true }: { overTcp?: boolean } = {},
): Promise<DnsServer> {
  const queries: string[] = [];
  let waiting: (() => void)[] = [];
  const answer = (transport: string, query: Buffer): Buffer | undefined => {
    const { name, type, question } = parseQuery(query);
    queries.push(`${transport} ${type} ${name}`);
    for (const resolve of waiting) resolve();
    waiting = [];
    return respond(query, question, answerFor(names[name], type));
  };
  const { udp, tcp, port } = await bindBoth();
  udp.on("message", (query, peer) => {
    const response = answer("udp", query);
    if (response) udp.send(truncated(response), peer.port, peer.address);
  });
  const sockets = new Set<net.Socket>();
  tcp.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    if (!overTcp) return void socket.destroy();
    socket.on("data", (framed) => {
      const response = answer("tcp", framed.subarray(2));
      if (response) socket.write(Buffer.concat([uint16(response.length), response]));
    });
  });
  return {
    address: `127.0.0.1:${port}`,
    queries,
    nextQuery: () => new Promise((resolve) => void waiting.push(resolve)),
    async close() {
      for (const socket of sockets) socket.destroy();
      tcp.close();
      udp.close();
      await Promise.all([once(tcp, "close"), once(udp, "close")]);
    },
  };
}

async function bindBoth(): Promise<{ udp: dgram.Socket; tcp: net.Server; port: number }> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const udp = dgram.createSocket("udp4");
    udp.bind(0, "127.0.0.1");
    await once(udp, "listening");
    const { port } = udp.address();
    const tcp = net.createServer();
    const isListening = await new Promise<boolean>((resolve) => {
      tcp.once("error", () => resolve(false));
      tcp.listen(port, "127.0.0.1", () => resolve(true));
    });
    if (isListening) return { udp, tcp, port };
    udp.close();
  }
  throw new Error("No port was free for both UDP and TCP.");
}

function answerFor(records: DnsRecords | undefined, type: "A" | "AAAA"): DnsAnswer {
  if (records === undefined) return { code: "NXDOMAIN" };
  const answer = typeof records === "object" && "A" in records ? records[type] : records;
  if (answer === "drop" || "code" in answer) return answer;
  const addresses = answer.addresses.filter((address) => isIPv4(address) === (type === "A"));
  return addresses.length > 0 ? { ...answer, addresses } : NO_RECORDS;
}

function parseQuery(query: Buffer): { name: string; type: "A" | "AAAA"; question: Buffer } {
  const labels: string[] = [];
  let offset = 12;
  for (let length = query[offset] ?? 0; length > 0; length = query[offset] ?? 0) {
    labels.push(query.toString("latin1", offset + 1, offset + 1 + length));
    offset += 1 + length;
  }
  const type = query.readUInt16BE(offset + 1) === TYPES.A ? "A" : "AAAA";
  return { name: labels.join(".").toLowerCase(), type, question: query.subarray(12, offset + 5) };
}

function respond(query: Buffer, question: Buffer, answer: DnsAnswer): Buffer | undefined {
  if (answer === "drop") return undefined;
  const records = "code" in answer ? [] : recordsOf(answer);
  const flags = 0x81_80 | ("code" in answer ? RESPONSE_CODES[answer.code] : 0);
  const counts = [1, records.length, 0, 0];
  const header = Buffer.concat([query.subarray(0, 2), uint16(flags), ...counts.map(uint16)]);
  return Buffer.concat([header, question, ...records]);
}

function recordsOf({ addresses, canonicalName }: { addresses: readonly string[]; canonicalName?: string }): Buffer[] {
  const asked = uint16(0xc0_0c);
  const owner = canonicalName === undefined ? asked : encodeName(canonicalName);
  const alias = canonicalName === undefined ? [] : [record(asked, CNAME, encodeName(canonicalName))];
  const found = addresses.map((address) =>
    record(owner, isIPv4(address) ? TYPES.A : TYPES.AAAA, Buffer.from(ipaddr.parse(address).toByteArray())),
  );
  return [...alias, ...found];
}

function record(owner: Buffer, type: number, data: Buffer): Buffer {
  const ttl = Buffer.alloc(4);
  return Buffer.concat([owner, uint16(type), uint16(1), ttl, uint16(data.length), data]);
}

function encodeName(name: string): Buffer {
  const labels = name.split(".").map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  return Buffer.concat([...labels, Buffer.from([0])]);
}

/** A response that is too long keeps its question, and is marked as truncated. */
function truncated(response: Buffer): Buffer {
  if (response.length <= MAX_UDP_BYTES) return response;
  const { question } = parseQuery(response);
  const header = Buffer.concat([response.subarray(0, 2), uint16(0x83_80), ...[1, 0, 0, 0].map(uint16)]);
  return Buffer.concat([header, question]);
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
