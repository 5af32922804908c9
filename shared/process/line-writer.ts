import fs from "node:fs";
import { isError, propertyOf } from "./thrown.ts";

/** How long a line may wait to be written with others, in milliseconds. A write costs as much as making the line. */
const HOLD_MS = 5;
/** Pipes write this much in one piece, whoever else writes (https://man7.org/linux/man-pages/man7/pipe.7.html). */
const PIECE_BYTES = 4_096;
/** Signals that end a process without its exit event, unless there is a listener. */
const ENDING_SIGNALS = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM"] as const;
/** A line that can't be written within this many milliseconds is dropped. */
const MAX_WAIT_MS = 1_000;
/** The most that may wait to be written, in bytes. A reader that is merely slow catches up with this much. */
const MAX_WAITING_BYTES = 1024 * 1024;
/** How often to retry while nobody reads, in milliseconds. */
const RETRY_MS = 20;
/** How long writing the last lines may take when the process ends, in milliseconds. */
const LAST_WAIT_MS = 100;

interface WaitingLine {
  readonly text: string;
  readonly bytes: number;
  readonly sinceMs: number;
}

/**
 * Writes lines to a file descriptor without ever blocking on its reader: a program must not stop because nobody reads
 * its log. A line that can't be written at once waits. It is dropped if it waits too long or too much is waiting.
 *
 * A line less than 5 ms after another waits, and is written together with the lines that follow it. When the process
 * ends by itself, by a fault or by a signal, waiting lines are written within 100 ms if possible. Only an end that can't
 * be observed, such as SIGKILL, loses lines: those of the last 5 ms, or more if the process was too busy for its timers.
 */
export class LineWriter {
  readonly #fd: number;
  readonly #reportDropped: (count: number) => void;
  readonly #waiting: WaitingLine[] = [];
  #waitingBytes = 0;
  /** The rest of a line that was partly written. It goes first, or lines would run into each other. */
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
    // While nobody reads, the timer retries: a try for each line would cost too much.
    if (this.#isBlocked) return;
    if (this.#waitingBytes >= PIECE_BYTES || nowMs - this.#triedAtMs >= HOLD_MS) this.#catchUp();
    else if (!this.#timer) this.#catchUpAfter(HOLD_MS);
  }

  #wait(line: WaitingLine): void {
    if (this.#waitingBytes + line.bytes > MAX_WAITING_BYTES) {
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

  /** Writes the waiting lines; false if some of them can't be written now. */
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

  /** How many of the waiting lines to write at once: as many as fit, or one. */
  #linesOfPiece(): number {
    let bytes = 0;
    const tooMany = this.#waiting.findIndex((line) => (bytes += line.bytes) > PIECE_BYTES);
    return tooMany < 0 ? this.#waiting.length : Math.max(tooMany, 1);
  }

  #forget(lines: number): void {
    for (const { bytes } of this.#waiting.splice(0, lines)) this.#waitingBytes -= bytes;
  }

  #dropOld(): void {
    const oldestMs = performance.now() - MAX_WAIT_MS;
    const recent = this.#waiting.findIndex(({ sinceMs }) => sinceMs >= oldestMs);
    const old = recent < 0 ? this.#waiting.length : recent;
    this.#forget(old);
    this.#dropped += old;
  }

  /** Writes the count of dropped lines, if any. False if it can't, since then nothing else can be written either. */
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

  /** Returns how many bytes were written: 0 if nobody reads or the disk is full. */
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

/** Calls back before the process ends, if that can be observed. A signal without other listeners still ends it. */
function beforeEnd(callback: () => void): void {
  process.once("exit", callback);
  for (const signal of ENDING_SIGNALS) {
    const onSignal = (): void => {
      // Another listener decides when the process ends.
      if (process.listenerCount(signal) > 1) return;
      callback();
      process.off(signal, onSignal);
      process.kill(process.pid, signal);
    };
    process.on(signal, onSignal);
  }
}

/**
 * A descriptor for the same file, pipe, socket or terminal whose writes don't block. It is opened anew where possible,
 * since other processes may share the mode of the given one. A socket or another user's pipe can't be reopened: there,
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

/** Blocks the process for a time. Nothing else runs any more. */
function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
