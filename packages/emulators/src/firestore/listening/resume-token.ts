import { randomBytes } from "node:crypto";

const RUN_BYTES = 8;
const TIME_BYTES = 8;

/** Creates and reads the tokens with which a caller resumes where it left off. */
export class ResumeTokens {
  /** A token of another run is useless, since that run's commits may not have been stored. */
  readonly #run = randomBytes(RUN_BYTES);

  /** The token for a caller that has everything up to a time, in microseconds. */
  at(time: bigint): Buffer {
    const token = Buffer.alloc(RUN_BYTES + TIME_BYTES);
    this.#run.copy(token);
    token.writeBigInt64BE(time, RUN_BYTES);
    return token;
  }

  /** The time of a token, or null when it is not from this run. */
  timeOf(token: Uint8Array): bigint | null {
    if (token.length !== RUN_BYTES + TIME_BYTES || !this.#run.equals(token.subarray(0, RUN_BYTES))) return null;
    return Buffer.from(token).readBigInt64BE(RUN_BYTES);
  }
}
