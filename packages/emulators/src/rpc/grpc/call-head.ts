import type http2 from "node:http2";
import { RpcCode, RpcError } from "../rpc-error.ts";

/** What a call's headers say of it. */
export class CallHead {
  readonly #headers: http2.IncomingHttpHeaders;

  constructor(headers: http2.IncomingHttpHeaders) {
    this.#headers = headers;
  }

  /** The RPC, as `/package.Service/Method`. */
  get path(): string {
    return this.#headers[":path"] ?? "";
  }

  /** The host that it means to reach. */
  get authority(): string {
    return this.#headers[":authority"] ?? this.#headers.host ?? "";
  }

  /** Whether it is a call at all. */
  get isGrpc(): boolean {
    return this.#headers["content-type"]?.startsWith("application/grpc") === true;
  }

  /** How its compressed messages are compressed. */
  get encoding(): string {
    return this.values("grpc-encoding")[0] ?? "identity";
  }

  /** All values of a header, by its name in lower case. */
  values(name: string): readonly string[] {
    const value = this.#headers[name];
    if (value === undefined) return NONE;
    return [value].flat().flatMap((each) => each.split(",").map((part) => part.trim()));
  }

  /**
   * How long the caller waits, in milliseconds. Undefined if it waits for ever.
   *
   * @throws RpcError INTERNAL when it is invalid.
   */
  timeoutMs(): number | undefined {
    const [text] = this.values("grpc-timeout");
    if (text === undefined) return undefined;
    const [, amount, unit = ""] = /^(\d{1,8})\s*([HMSmun])$/.exec(text) ?? [];
    const unitMs = UNITS_MS.get(unit);
    if (unitMs === undefined) throw new RpcError(RpcCode.INTERNAL, `Invalid grpc-timeout value "${text}"`);
    return Math.trunc(Number(amount) * unitMs);
  }
}

const NONE: readonly string[] = [];

/** https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests */
const UNITS_MS: ReadonlyMap<string, number> = new Map([
  ["H", 3_600_000],
  ["M", 60_000],
  ["S", 1_000],
  ["m", 1],
  ["u", 1e-3],
  ["n", 1e-6],
]);
