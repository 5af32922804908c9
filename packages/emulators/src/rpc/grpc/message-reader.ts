import zlib from "node:zlib";
import { RpcCode, RpcError } from "../rpc-error.ts";

/** Before each message: one byte that says whether it is compressed, and four for its length. */
export const PREFIX_BYTES = 5;

const NOTHING = Buffer.alloc(0);

const DECOMPRESS: ReadonlyMap<string, (bytes: Buffer, options: zlib.ZlibOptions) => Buffer> = new Map([
  ["gzip", zlib.gunzipSync],
  ["deflate", zlib.inflateSync],
]);

/** Divides what arrives on a call into its messages. */
export class MessageReader {
  readonly #mostBytes: number;
  readonly #encoding: string;
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** How many bytes there must be before it is worth looking at them. */
  #wanted = PREFIX_BYTES;

  /**
   * @param options.mostBytes the largest message.
   * @param options.encoding what the call says of its compressed messages; `identity` if it has none.
   */
  constructor(options: { mostBytes: number; encoding: string }) {
    this.#mostBytes = options.mostBytes;
    this.#encoding = options.encoding;
  }

  /**
   * Takes what has arrived, and returns the messages that are whole by now.
   *
   * @throws RpcError RESOURCE_EXHAUSTED when one is too large, UNIMPLEMENTED or INTERNAL when it can't be decompressed.
   */
  read(chunk: Buffer): Buffer[] {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    const messages: Buffer[] = [];
    while (this.#bytes >= this.#wanted) {
      const bytes = this.#joined();
      const length = bytes.readUInt32BE(1);
      if (length > this.#mostBytes) throw tooLarge("Received message", length, this.#mostBytes);
      this.#wanted = PREFIX_BYTES + length;
      if (bytes.length < this.#wanted) break;
      messages.push(this.#plain(bytes[0] ?? 0, bytes.subarray(PREFIX_BYTES, this.#wanted)));
      this.#keep(bytes.subarray(this.#wanted));
    }
    return messages;
  }

  /** Joins a large message once: not with each of its parts. */
  #joined(): Buffer {
    const [only = NOTHING] = this.#chunks;
    if (this.#chunks.length === 1) return only;
    const bytes = Buffer.concat(this.#chunks, this.#bytes);
    this.#chunks = [bytes];
    return bytes;
  }

  #keep(rest: Buffer): void {
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#bytes = rest.length;
    this.#wanted = PREFIX_BYTES;
  }

  #plain(flag: number, bytes: Buffer): Buffer {
    if (flag === 0) return bytes;
    const decompress = DECOMPRESS.get(this.#encoding);
    if (!decompress) {
      const problem = `Received message compressed with unsupported encoding "${this.#encoding}"`;
      throw new RpcError(RpcCode.UNIMPLEMENTED, problem);
    }
    try {
      return decompress(bytes, { maxOutputLength: this.#mostBytes });
    } catch (error) {
      if (error instanceof RangeError) throw tooLarge("Decompressed message", bytes.length, this.#mostBytes);
      throw new RpcError(RpcCode.INTERNAL, "Failed to decompress message");
    }
  }
}

function tooLarge(what: string, bytes: number, most: number): RpcError {
  return new RpcError(RpcCode.RESOURCE_EXHAUSTED, `${what} larger than max (${bytes} vs ${most})`);
}
