import type { DocumentSnapshot } from "@google-cloud/firestore";

/** The tag of a letter as it was read (RFC 9110, ETag). It changes whenever the letter does. */
export function versionOf({ updateTime }: DocumentSnapshot): string {
  return `"${updateTime?.seconds}.${updateTime?.nanoseconds}"`;
}

/** Whether a letter matches a request's If-Match. */
export function isWanted(letter: DocumentSnapshot, ifMatch: string | undefined): boolean {
  if (ifMatch === undefined) return true;
  const wanted = new Set(ifMatch.split(",").map((tag) => tag.trim()));
  return wanted.has("*") || wanted.has(versionOf(letter));
}
