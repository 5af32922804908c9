import zlib from "node:zlib";

/**
 * A journal is a text file. Each line has a checksum of the rest of it, a label, and JSON:
 *
 *     00565ef1 journal {"version":2}
 *     8bedb7c9 s1 {…}                            the snapshot: entries that lead to the state at some moment
 *     ba05ad54 s2 {…}
 *     e42f8576 end {"entries":2,"next":57}
 *     07cf4999 57 {…}                            what was appended since, numbered through all snapshots
 *     f1873970 58 {…}
 *
 * The checksum finds damaged bytes; the numbers find lines that are missing, doubled or out of order; and the count at
 * the end of the snapshot finds one that was cut short. The first files had no such line, only JSON: version 1.
 */
export const VERSION = 2;

/** A line's parts. `label` and `json` are as they are in the file, and the checksum was right. */
export interface Line {
  readonly label: string;
  readonly json: string;
}

const CHECKSUM_DIGITS = 8;
const SPACE = 0x20;

/** A line with its newline. */
export function encodeLine(label: string, json: string): Buffer {
  const bytes = Buffer.from(`${"0".repeat(CHECKSUM_DIGITS)} ${label} ${json}\n`);
  bytes.write(checksumOf(bytes.subarray(CHECKSUM_DIGITS + 1, -1)), "latin1");
  return bytes;
}

/** Reads a line without its newline. Null when the checksum is wrong, or it isn't a line at all. */
export function decodeLine(bytes: Buffer): Line | null {
  if (bytes[CHECKSUM_DIGITS] !== SPACE) return null;
  const checked = bytes.subarray(CHECKSUM_DIGITS + 1);
  // As text, so that no other way to write the same number passes.
  if (bytes.toString("latin1", 0, CHECKSUM_DIGITS) !== checksumOf(checked)) return null;
  const space = checked.indexOf(SPACE);
  if (space === -1) return null;
  return { label: checked.toString("latin1", 0, space), json: checked.toString("utf8", space + 1) };
}

/** Whether bytes can be the beginning of a line with this label, cut off while it was written. */
export function isBeginningOfLine(bytes: Buffer, label: string): boolean {
  const begun = bytes.toString("latin1", 0, CHECKSUM_DIGITS + label.length + 2);
  if (!` ${label} `.startsWith(begun.slice(CHECKSUM_DIGITS))) return false;
  // Whole but for its newline, which has become something else: that is damage.
  return /^[0-9a-f]*$/.test(begun.slice(0, CHECKSUM_DIGITS)) && decodeLine(bytes.subarray(0, -1)) === null;
}

/** CRC-32, which finds every change of up to four bytes in a row. */
function checksumOf(bytes: Buffer): string {
  return zlib.crc32(bytes).toString(16).padStart(CHECKSUM_DIGITS, "0");
}
