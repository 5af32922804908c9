/** The limits on what an instance accepts at once. */
export interface AdmissionLimits {
  /** Requests in flight. */
  readonly maxRequests: number;
  /** Bytes of their bodies. Bodies of up to `SMALL_BODY_BYTES` don't count: the number of requests bounds those. */
  readonly maxBodyBytes: number;
}

/** A request's place among those in flight. */
export interface Slot {
  /**
   * Resolves when it is this request's turn to be parsed, the smallest body first. Parsing a large body blocks the
   * event loop for some milliseconds. After each turn, the loop is left to other work for as long as the turn took,
   * because libuv accepts only one new connection per iteration. A small body doesn't wait.
   */
  turn(bodyBytes: number): Promise<void>;
  /** Frees the slot once the response is decided. */
  release(): void;
}

/** A body this small takes less than one iteration of the event loop. It never waits for a large one, or for room. */
export const SMALL_BODY_BYTES = 4 * 1024;

/**
 * Admits requests while their number and the bytes of their bodies stay within limits. It decides by the headers,
 * before a body is read, so refusing a request costs next to nothing.
 */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #line: { readonly bodyBytes: number; readonly begin: () => void }[] = [];
  #isServing = false;
  #requests = 0;
  #bodyBytes = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  /**
   * Takes a slot for a request; undefined if none is free.
   *
   * @param longestBody the most bytes of a body that are read. A body without a Content-Length counts as that long; one
   * that announces more won't be read at all.
   */
  admit(headers: Headers, longestBody: number): Slot | undefined {
    const bodyBytes = countedBytes(headers, longestBody);
    if (this.#requests >= this.#limits.maxRequests) return undefined;
    if (bodyBytes > 0 && this.#bodyBytes + bodyBytes > this.#limits.maxBodyBytes) return undefined;
    this.#count(1, bodyBytes);
    let isHeld = true;
    return {
      turn: (bytes) => this.#turn(bytes),
      release: () => {
        if (isHeld) this.#count(-1, -bodyBytes);
        isHeld = false;
      },
    };
  }

  #count(requests: number, bodyBytes: number): void {
    this.#requests += requests;
    this.#bodyBytes += bodyBytes;
  }

  #turn(bodyBytes: number): Promise<void> {
    if (bodyBytes <= SMALL_BODY_BYTES) return Promise.resolve();
    return new Promise((begin) => {
      this.#line.push({ bodyBytes, begin });
      if (!this.#isServing) this.#serve();
    });
  }

  /** One turn after another. The line is never longer than the number of requests in flight. */
  #serve(): void {
    this.#isServing = this.#line.length > 0;
    if (!this.#isServing) return;
    setImmediate(() => {
      const startMs = performance.now();
      const smallest = this.#line.reduce((first, other) => (other.bodyBytes < first.bodyBytes ? other : first));
      this.#line.splice(this.#line.indexOf(smallest), 1);
      smallest.begin();
      // The work that the turn started runs before the next iteration of the loop.
      setImmediate(() => setTimeout(() => this.#serve(), performance.now() - startMs));
    });
  }
}

function countedBytes(headers: Headers, longestBody: number): number {
  const announced = headers.get("content-length");
  const bytes = announced === null ? (headers.has("transfer-encoding") ? longestBody : 0) : Number(announced);
  return bytes > SMALL_BODY_BYTES && bytes <= longestBody ? bytes : 0;
}
