/** Characters that could move a terminal's cursor, or change what it shows: what tasks say is somebody else's text. */
const CONTROLS = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;

/** A text in one line that a terminal shows as it is. */
export function plain(text: string): string {
  return text.replaceAll(CONTROLS, (character) => (character === "\n" || character === "\t" ? " " : "\ufffd"));
}

/** The same for JSON, whose own escapes leave some of them alone. It stays the same JSON. */
export function plainJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    CONTROLS,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A time of the API as a person reads it, in UTC. */
export function plainTime(time: string | undefined): string {
  return time === undefined ? "" : plain(time).replace("T", " ").replace(/\.\d+/, "");
}
