/** Characters that could move a terminal's cursor or change what it shows. The text of tasks isn't trusted. */
const CONTROLS = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;

/** Makes a text a single line without control characters. */
export function plain(text: string): string {
  return text.replaceAll(CONTROLS, (character) => (character === "\n" || character === "\t" ? " " : "\ufffd"));
}

/** Does the same for JSON, whose own escapes leave some of these alone. The JSON's meaning doesn't change. */
export function plainJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    CONTROLS,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A time from the API in a readable form, in UTC. */
export function plainTime(time: string | undefined): string {
  return time === undefined ? "" : plain(time).replace("T", " ").replace(/\.\d+/, "");
}
