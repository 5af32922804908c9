import fs from "node:fs";
import { isError, propertyOf } from "./thrown.ts";

/** How long a line may wait for others to be written with it, in milliseconds: a write takes as long as making the line. */
const HOLD_MS = 5;
/** A pipe takes so many bytes in one piece, whoever else writes to it (https://man7.org/linux/man-pages/man7/pipe.7.html). */
const PIECE_BYTES = 4_096;
/** What ends a process without its exit event, unless somebody listens. */
const ENDING_SIGNALS = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM"] as const;
/** A line that can't be written within this many milliseconds is dropped. */
const LONGEST_WAIT_MS = 1_000;
/** The most that waits to be written, in bytes. A reader that is merely slow catches up with this much. */
const MOST_WAITING_BYTES = 1024 * 1024;
/** How often to try again while nobody reads, in milliseconds. */
const RETRY_MS = 20;
/** How long the last lines of a process may take to be written when it ends, in milliseconds. */
const LAST_WAIT_MS = 100;

interface WaitingLine {
  readonly text: string;
  readonly bytes: number;
  readonly sinceMs: number;
}

/**
 * Writes lines to a file descriptor without ever waiting for whoever reads it: a program must not stop because nobody
 * reads its log. A line that can't be written at once waits, and is dropped if it waits for too long or too much waits.
 *
 * A line that follows another within 5 ms is written with those that come until then. What waits when the process ends, by
 * itself, by a fault or by a signal, is written as far as that is possible within 100 ms. So only what can't be noticed, as
 * SIGKILL can't, loses lines: at most those of 5 ms, or of as long as the process was too busy for its timers.
 */
export class LineWriter {
  readonly #fd: number;
  readonly #reportDropped: (count: number) => void;
  readonly #waiting: WaitingLine[] = [];
  #waitingBytes = 0;
  /** What is left of a line that has been written in part. It comes first, or lines would run into each other. */
  #rest: Buffer | undefined;
  #dropped = 0;
  /** Set while the count is being written. */
  #reporting: number | undefined;
  #opened: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #triedAtMs = Number.NEGATIVE_INFINITY;
  #isBlocked = false;
  #watchesEnd = false;

  /**
   * @param reportDropped writes a line with the number of lines dropped. Called when nothing else waits, until writing
   * works again.
   */
  constructor(fd: number, reportDropped: (count: number) => void) {
    this.#fd = fd;
    this.#reportDropped = reportDropped;
  }

  write(line: string): void {
    if (this.#reporting !== undefined) return this.#writeCount(Buffer.from(line), this.#reporting);
    const nowMs = performance.now();
    this.#wait({ text: line, bytes: Buffer.byteLength(line), sinceMs: nowMs });
    // While nobody reads, the timer tries again: one attempt for each line would cost too much.
    if (this.#isBlocked) return;
    if (this.#waitingBytes >= PIECE_BYTES || nowMs - this.#triedAtMs >= HOLD_MS) this.#catchUp();
    else if (!this.#timer) this.#catchUpAfter(HOLD_MS);
  }

  #wait(line: WaitingLine): void {
    if (this.#waitingBytes + line.bytes > MOST_WAITING_BYTES) {
      this.#dropped++;
    } else {
      this.#waiting.push(line);
      this.#waitingBytes += line.bytes;
    }
  }

  #catchUp(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#triedAtMs = performance.now();
    this.#isBlocked = !(this.#flush() && this.#report());
    if (!this.#isBlocked) return;
    this.#dropOld();
    this.#catchUpAfter(RETRY_MS);
  }

  #catchUpAfter(ms: number): void {
    this.#timer = setTimeout(() => this.#catchUp(), ms).unref();
    if (!this.#watchesEnd) beforeEnd(() => this.#writeLast());
    this.#watchesEnd = true;
  }

  /** Writes what waits; false if some of it can't be written now. */
  #flush(): boolean {
    for (;;) {
      const lines = this.#rest ? 0 : this.#linesOfPiece();
      const piece = this.#rest ?? Buffer.from(textOf(this.#waiting.slice(0, lines)));
      if (piece.length === 0) return true;
      const written = this.#writeSome(piece);
      if (written === 0) return false;
      this.#forget(lines);
      this.#rest = written < piece.length ? piece.subarray(written) : undefined;
    }
  }

  /** How many of the lines that wait are written at once: as many as fit, or one. */
  #linesOfPiece(): number {
    let bytes = 0;
    const tooMany = this.#waiting.findIndex((line) => (bytes += line.bytes) > PIECE_BYTES);
    return tooMany < 0 ? this.#waiting.length : Math.max(tooMany, 1);
  }

  #forget(lines: number): void {
    for (const { bytes } of this.#waiting.splice(0, lines)) this.#waitingBytes -= bytes;
  }

  #dropOld(): void {
    const oldestMs = performance.now() - LONGEST_WAIT_MS;
    const recent = this.#waiting.findIndex(({ sinceMs }) => sinceMs >= oldestMs);
    const old = recent < 0 ? this.#waiting.length : recent;
    this.#forget(old);
    this.#dropped += old;
  }

  /** The count is a line, too. Only that it can be written shows that writing works. False if it can't be. */
  #report(): boolean {
    if (this.#dropped === 0) return true;
    const count = this.#dropped;
    this.#dropped = 0;
    this.#reporting = count;
    this.#reportDropped(count);
    this.#reporting = undefined;
    return this.#dropped === 0 && !this.#rest;
  }

  #writeCount(bytes: Buffer, count: number): void {
    const written = this.#writeSome(bytes);
    if (written === 0) this.#dropped = count;
    else if (written < bytes.length) this.#rest = bytes.subarray(written);
  }

  /** Returns how many bytes were written: 0 if nothing can be now, since nobody reads or the disk is full. */
  #writeSome(bytes: Buffer): number {
    try {
      this.#opened ??= openWithoutBlocking(this.#fd);
      return fs.writeSync(this.#opened, bytes);
    } catch (error) {
      if (isError(error) && typeof propertyOf(error, "code") === "string") return 0;
      throw error;
    }
  }

  #writeLast(): void {
    const untilMs = performance.now() + LAST_WAIT_MS;
    while (!this.#flush() && performance.now() < untilMs) sleep(1);
  }
}

function textOf(lines: readonly WaitingLine[]): string {
  return lines.map(({ text }) => text).join("");
}

/** Calls back when the process ends, unless it can't know. A signal that nobody else listens to still ends it. */
function beforeEnd(callback: () => void): void {
  process.once("exit", callback);
  for (const signal of ENDING_SIGNALS) {
    const onSignal = (): void => {
      // Whoever else listens says when the process ends.
      if (process.listenerCount(signal) > 1) return;
      callback();
      process.off(signal, onSignal);
      process.kill(process.pid, signal);
    };
    process.on(signal, onSignal);
  }
}

/**
 * A descriptor for the same file, pipe, socket or terminal whose writes don't block. Opened anew where that is possible,
 * since other processes may share the descriptor's own mode. A socket can't be, nor can another user's pipe: there,
 * Node's own stream changes the mode. Ordinary files never block.
 */
function openWithoutBlocking(fd: number): number {
  if (fs.fstatSync(fd).isFile()) return fd;
  try {
    const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = fs.constants;
    return fs.openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
  } catch {
    void (fd === process.stderr.fd ? process.stderr : process.stdout);
    return fd;
  }
}

/** Lets time pass. Nothing else runs any more. */
function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
