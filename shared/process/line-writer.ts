import fs from "node:fs";
import { isError, propertyOf } from "./thrown.ts";

/** A line that can't be written within this many milliseconds is dropped. */
const LONGEST_WAIT_MS = 1_000;
/** The most that waits to be written, in bytes. A reader that is merely slow catches up with this much. */
const MOST_WAITING_BYTES = 1024 * 1024;
/** How often to try again while nobody reads, in milliseconds. */
const RETRY_MS = 20;
/** How long the last lines of a process may take to be written when it ends, in milliseconds. */
const LAST_WAIT_MS = 100;

interface WaitingLine {
  readonly bytes: Buffer;
  readonly sinceMs: number;
}

/**
 * Writes lines to a file descriptor without ever waiting for whoever reads it: a program must not stop because nobody
 * reads its log. A line that can't be written at once waits, and is dropped if it waits for too long or too much waits.
 *
 * Writing is synchronous wherever the descriptor takes the line, so that a kill loses nothing. What still waits when the
 * process ends is written as far as that is possible within 100 ms.
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
  #watchesExit = false;

  /**
   * @param reportDropped writes a line with the number of lines dropped. Called when nothing else waits, until writing
   * works again.
   */
  constructor(fd: number, reportDropped: (count: number) => void) {
    this.#fd = fd;
    this.#reportDropped = reportDropped;
  }

  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#reporting !== undefined) return this.#writeCount(bytes, this.#reporting);
    this.#wait(bytes);
    // While something waits, the timer tries again: one attempt for each line would cost too much.
    if (!this.#timer) this.#catchUp();
  }

  #wait(bytes: Buffer): void {
    if (this.#waitingBytes + bytes.length > MOST_WAITING_BYTES) {
      this.#dropped++;
    } else {
      this.#waiting.push({ bytes, sinceMs: performance.now() });
      this.#waitingBytes += bytes.length;
    }
  }

  #catchUp(): void {
    this.#timer = undefined;
    if (this.#flush() && this.#report()) return;
    this.#dropOld();
    this.#timer = setTimeout(() => this.#catchUp(), RETRY_MS).unref();
    if (!this.#watchesExit) process.once("exit", () => this.#writeLast());
    this.#watchesExit = true;
  }

  /** Writes what waits; false if some of it can't be written now. */
  #flush(): boolean {
    for (;;) {
      const bytes = this.#rest ?? this.#waiting[0]?.bytes;
      if (!bytes) return true;
      const written = this.#writeSome(bytes);
      if (written === 0) return false;
      if (!this.#rest) this.#waitingBytes -= this.#waiting.shift()?.bytes.length ?? 0;
      this.#rest = written < bytes.length ? bytes.subarray(written) : undefined;
    }
  }

  #dropOld(): void {
    const oldestMs = performance.now() - LONGEST_WAIT_MS;
    for (let [first] = this.#waiting; first && first.sinceMs < oldestMs; [first] = this.#waiting) {
      this.#waiting.shift();
      this.#waitingBytes -= first.bytes.length;
      this.#dropped++;
    }
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
