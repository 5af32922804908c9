import fs from "node:fs";
import { closedFile, lostFile, notStored } from "./not-stored-error.ts";

/**
 * A file that only this process appends to.
 *
 * The lock keeps other emulators away, but not everything heeds it: before each write the file must be where it was, and
 * as the last write left it. If it isn't, nothing is written any more, so that nobody's data is damaged, and no change is
 * acknowledged that a restart wouldn't find.
 */
export class AppendedFile {
  readonly #path: string;
  #descriptor: number;
  #identity: string;
  #bytes: number;
  /** Half a line is at the end, and couldn't be removed yet. */
  #hasRest = false;
  #state: "usable" | "lost" | "closed" = "usable";

  /** @param opened open for reading and appending; `bytes` is its size. */
  constructor(path: string, opened: { descriptor: number; bytes: number }) {
    this.#path = path;
    this.#descriptor = opened.descriptor;
    this.#bytes = opened.bytes;
    this.#identity = identityOf(fs.fstatSync(opened.descriptor));
  }

  /** The file's size. */
  get bytes(): number {
    return this.#bytes;
  }

  get descriptor(): number {
    return this.#descriptor;
  }

  /**
   * Appends all bytes or none. When it returns, the operating system has them.
   *
   * @throws NotStoredError
   */
  append(bytes: Buffer): void {
    this.assertUnchanged();
    try {
      if (this.#hasRest) this.#removeRest();
      this.#hasRest = true;
      writeAll(this.#descriptor, bytes);
      this.#bytes += bytes.length;
      this.#hasRest = false;
    } catch (error) {
      this.#tryToRemoveRest();
      throw notStored(this.#path, error);
    }
  }

  /**
   * Checks that the file is as the last write left it.
   *
   * @throws NotStoredError when it isn't, and from then on.
   */
  assertUnchanged(): void {
    const now = this.#state === "usable" ? this.#look() : undefined;
    const isUnchanged = now && identityOf(now) === this.#identity && (this.#hasRest || now.size === this.#bytes);
    if (isUnchanged) return;
    if (this.#state === "closed") throw closedFile();
    this.#state = "lost";
    throw lostFile(this.#path);
  }

  /** Goes on in another file, which has just taken this one's path. */
  replaceWith(opened: { descriptor: number; bytes: number }): void {
    const old = this.#descriptor;
    this.#descriptor = opened.descriptor;
    this.#bytes = opened.bytes;
    this.#identity = identityOf(fs.fstatSync(opened.descriptor));
    this.#hasRest = false;
    // Off the main thread, since it frees the space of the whole file.
    fs.close(old, () => undefined);
  }

  close(): void {
    this.#state = "closed";
    fs.closeSync(this.#descriptor);
  }

  #look(): fs.Stats | undefined {
    try {
      return fs.statSync(this.#path, { throwIfNoEntry: false });
    } catch (error) {
      throw notStored(this.#path, error);
    }
  }

  #tryToRemoveRest(): void {
    try {
      this.#removeRest();
    } catch {
      // It is removed before the next write, which fails if it can't be.
    }
  }

  /** Half a line, from a full disk for example, would make the next one unreadable. */
  #removeRest(): void {
    fs.ftruncateSync(this.#descriptor, this.#bytes);
    this.#hasRest = false;
  }
}

const identityOf = ({ dev, ino }: fs.Stats): string => `${dev}:${ino}`;

/** Writes all bytes at the end of a file that was opened for appending. */
export function writeAll(descriptor: number, bytes: Buffer): void {
  let written = 0;
  while (written < bytes.length) written += fs.writeSync(descriptor, bytes, written);
}
