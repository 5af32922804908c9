/** How much an instance takes on at once. */
export interface AdmissionLimits {
  /** Requests in flight. */
  readonly maxRequests: number;
  /** Bytes of their bodies. A body of up to `SMALL_BODY_BYTES` doesn't count: the number of requests bounds those. */
  readonly maxBodyBytes: number;
}

/** A request's place among those in flight. */
export interface Slot {
  /**
   * Resolves when it is this request's turn to be parsed, the smallest body first. Parsing a large body takes the event
   * loop for some milliseconds. So after each turn the loop is left to everything else for as long as the turn took: in
   * each of its rounds, libuv accepts only one new connection. A small body doesn't wait.
   */
  turn(bodyBytes: number): Promise<void>;
  /** Gives the place back, once the response is decided. */
  release(): void;
}

/** A body that costs less than a round of the event loop, and so never waits behind a large one, or for room. */
export const SMALL_BODY_BYTES = 4 * 1024;

/**
 * Admits requests as long as their number and the bytes of their bodies stay within limits. It decides by the headers,
 * before a body is read, so a request that is refused costs next to nothing.
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
   * Takes a place for a request; undefined if there is none.
   *
   * @param longestBody how many bytes of a body are read at most. One that doesn't announce its length counts as that long;
   * one that announces more won't be read at all.
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

  /** One turn after another. The line is never longer than there are requests in flight. */
  #serve(): void {
    this.#isServing = this.#line.length > 0;
    if (!this.#isServing) return;
    setImmediate(() => {
      const startMs = performance.now();
      const smallest = this.#line.reduce((first, other) => (other.bodyBytes < first.bodyBytes ? other : first));
      this.#line.splice(this.#line.indexOf(smallest), 1);
      smallest.begin();
      // What has begun runs before the next round of the loop.
      setImmediate(() => setTimeout(() => this.#serve(), performance.now() - startMs));
    });
  }
}

function countedBytes(headers: Headers, longestBody: number): number {
  const announced = headers.get("content-length");
  const bytes = announced === null ? (headers.has("transfer-encoding") ? longestBody : 0) : Number(announced);
  return bytes > SMALL_BODY_BYTES && bytes <= longestBody ? bytes : 0;
}
