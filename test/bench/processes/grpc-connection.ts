import http2 from "node:http2";
import { once } from "node:events";

/** One connection to a gRPC server, without a client library's extras: no metadata, no deadlines, no retries. */
export interface GrpcConnection {
  /**
   * Makes a call and returns its encoded replies.
   *
   * @throws GrpcError when its status is not OK.
   */
  call(path: string, request: Uint8Array): Promise<Buffer[]>;
  close(): Promise<void>;
}

/** A call ended with a status other than OK. */
export class GrpcError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = "GrpcError";
    this.code = code;
  }
}

/** Before each message: one byte that says whether it is compressed, and four for its length. */
const PREFIX_BYTES = 5;

/**
 * Opens a connection to `host:port`. A load generator must cost less than what it loads, so this speaks the protocol
 * (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md) on node:http2, at a fraction of @grpc/grpc-js.
 *
 * @throws Error when nobody listens there.
 */
export async function openGrpcConnection(address: string): Promise<GrpcConnection> {
  const session = http2.connect(`http://${address}`);
  await once(session, "connect");
  session.on("error", () => {}); // what was under way fails by itself
  return {
    call: (path, request) => call(session, path, request),
    async close() {
      const closed = once(session, "close");
      session.close();
      await closed;
    },
  };
}

function call(session: http2.ClientHttp2Session, path: string, request: Uint8Array): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/grpc",
      te: "trailers",
    });
    const chunks: Buffer[] = [];
    let status: http2.IncomingHttpHeaders = {};
    const note = (headers: http2.IncomingHttpHeaders): void => {
      if (headers["grpc-status"] !== undefined) status = headers;
    };
    stream.on("response", note);
    stream.on("trailers", note);
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", reject);
    stream.on("close", () => {
      if (status["grpc-status"] === "0") resolve(messagesOf(chunks));
      else reject(new GrpcError(Number(status["grpc-status"]), String(status["grpc-message"])));
    });
    stream.end(framed(request));
  });
}

function framed(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, PREFIX_BYTES);
  return frame;
}

function messagesOf(chunks: readonly Buffer[]): Buffer[] {
  const bytes = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
  const messages: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + PREFIX_BYTES + bytes.readUInt32BE(at + 1);
    messages.push(bytes.subarray(at + PREFIX_BYTES, end));
    at = end;
  }
  return messages;
}
