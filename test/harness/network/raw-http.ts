import { once } from "node:events";
import net from "node:net";

/** A request exactly as it is sent: nothing is checked, added or corrected. */
export interface RawRequest {
  readonly method: string;
  readonly target: string;
  /** In order; a name may appear more than once. Each character is one byte. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

/** Everything received until the server closed the connection. */
export interface RawAnswer {
  /** Null if the server closed without a response. */
  readonly status: number | null;
  readonly text: string;
}

export function bytesOf({ method, target, headers, body }: RawRequest): Buffer {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n`, "latin1"), body]);
}

/** Sends bytes over a new connection, and waits until the server has closed it. */
export async function exchange(port: number, bytes: Uint8Array): Promise<RawAnswer> {
  const socket = await openSocket(port);
  socket.write(bytes);
  return await answerOn(socket);
}

export async function openSocket(port: number): Promise<net.Socket> {
  const socket = net.connect(port, "127.0.0.1");
  await once(socket, "connect");
  return socket;
}

/** Everything that the server sends until it closes or resets the connection. */
export async function answerOn(socket: net.Socket): Promise<RawAnswer> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => void chunks.push(chunk));
  // A server may refuse a request and close before it has read all of it; its response still counts.
  socket.on("error", () => {});
  await new Promise<void>((resolve) => void socket.once("close", () => resolve()));
  const text = Buffer.concat(chunks).toString("latin1");
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1];
  return { status: status === undefined ? null : Number(status), text };
}
