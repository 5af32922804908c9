import { randomBytes } from "node:crypto";

const RUN_BYTES = 8;
const TIME_BYTES = 8;

/** Makes and reads the tokens by which a caller says how far it had been told. */
export class ResumeTokens {
  /** A token of another run is worth nothing: that run's commits may not have been kept. */
  readonly #run = randomBytes(RUN_BYTES);

  /** The token of a caller that has been told everything up to a time, in microseconds. */
  at(time: bigint): Buffer {
    const token = Buffer.alloc(RUN_BYTES + TIME_BYTES);
    this.#run.copy(token);
    token.writeBigInt64BE(time, RUN_BYTES);
    return token;
  }

  /** The time of a token, or null when it is none of this run's. */
  timeOf(token: Uint8Array): bigint | null {
    if (token.length !== RUN_BYTES + TIME_BYTES || !this.#run.equals(token.subarray(0, RUN_BYTES))) return null;
    return Buffer.from(token).readBigInt64BE(RUN_BYTES);
  }
}
