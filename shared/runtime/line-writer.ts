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

/** Writes lines to a file descriptor, at once if it takes them. */
export interface LineWriter {
  write(line: string): void;
}

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
 *
 * @param onCaughtUp writes a line with the number of lines dropped. Called when nothing else waits, until writing works
 * again.
 */
export function createLineWriter(fd: number, onCaughtUp: (dropped: number) => void): LineWriter {
  const target = openWithoutBlocking(fd);
  const waiting: WaitingLine[] = [];
  /** What is left of a line that has been written in part. It comes first, or lines would run into each other. */
  let rest: Buffer | undefined;
  let waitingBytes = 0;
  let dropped = 0;
  let timer: NodeJS.Timeout | undefined;
  let writeNow: ((bytes: Buffer) => void) | undefined;

  /** Writes what waits; false if some of it can't be written now. */
  const flush = (): boolean => {
    for (;;) {
      const bytes = rest ?? waiting[0]?.bytes;
      if (!bytes) return true;
      const written = writeSome(target, bytes);
      if (written === 0) return false;
      if (!rest) waitingBytes -= waiting.shift()?.bytes.length ?? 0;
      rest = written < bytes.length ? bytes.subarray(written) : undefined;
    }
  };
  const dropOld = (): void => {
    const oldestMs = performance.now() - LONGEST_WAIT_MS;
    for (let first = waiting[0]; first && first.sinceMs < oldestMs; first = waiting[0]) {
      waiting.shift();
      waitingBytes -= first.bytes.length;
      dropped++;
    }
  };
  /** The count is a line, too, and only being able to write it shows that writing works. False if it couldn't be. */
  const reportDropped = (): boolean => {
    if (dropped === 0) return true;
    const count = dropped;
    dropped = 0;
    writeNow = (bytes) => {
      const written = writeSome(target, bytes);
      if (written === 0) dropped = count;
      else if (written < bytes.length) rest = bytes.subarray(written);
    };
    onCaughtUp(count);
    writeNow = undefined;
    return dropped === 0 && !rest;
  };
  const retry = (): void => {
    timer = undefined;
    if (flush() && reportDropped()) return;
    dropOld();
    timer = setTimeout(retry, RETRY_MS).unref();
  };
  process.once("exit", () => {
    for (const untilMs = performance.now() + LAST_WAIT_MS; !flush() && performance.now() < untilMs;) sleep(1);
  });
  return {
    write(line) {
      const bytes = Buffer.from(line);
      if (writeNow) return writeNow(bytes);
      if (waitingBytes + bytes.length > MOST_WAITING_BYTES) {
        dropped++;
      } else {
        waiting.push({ bytes, sinceMs: performance.now() });
        waitingBytes += bytes.length;
      }
      // While something waits, the timer tries again: one attempt for each line would cost too much.
      if (!timer) retry();
    },
  };
}

/** How much of it was written: nothing if the descriptor takes nothing now, or its reader has gone, or the disk is full. */
function writeSome(fd: number, bytes: Buffer): number {
  try {
    return fs.writeSync(fd, bytes);
  } catch (error) {
    if (isError(error) && typeof propertyOf(error, "code") === "string") return 0;
    throw error;
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
