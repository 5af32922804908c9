/** The limits of a payload. */
const MAX_BYTES = 256 * 1024;
const MAX_VALUES = 32_768;
/** The limit is 64 for the whole body, and the body, the payload and its data take some. */
const LEVELS = 60;

/** One item, and its number of values. */
type Item = readonly [json: string, values: number];

/** An item around `innermost`, with a bracket and a name for each level. */
function nested(open: (level: number) => string, close: string, innermost: string): Item {
  const levels = Array.from({ length: LEVELS }, (_, level) => open(level));
  return [levels.join("") + innermost + close.repeat(LEVELS), LEVELS + 1];
}

/** Payloads that are expensive for their size, each in another way, by the item that fills them. */
const SHAPES = {
  "lists in lists": () => nested(() => "[", "]", "0"),
  "objects with names of their own, in one another": (index) =>
    nested((level) => `{"${(index * LEVELS + level).toString(36)}":`, "}", "{}"),
  "objects with names like indexes, in one another": () => nested(() => '{"99":', "}", "0"),
  "empty lists": () => ["[]", 1],
  "small numbers": () => ["0", 1],
  "small objects": () => ['{"a":0}', 2],
  "long names": (index) => [`{"${"k".repeat(200)}${index}":0}`, 2],
  "names that look alike": (index) => [String.raw`{"a${index}":0,"\u0061":1,"\\u0061":2}`, 4],
  "long decimals": (index) => [String(Math.sin(index + 1)), 1],
} as const satisfies Readonly<Record<string, (index: number) => Item>>;

export type Shape = keyof typeof SHAPES;

/** All shapes, by name. */
export const COSTLY_SHAPES = [
  "lists in lists",
  "objects with names of their own, in one another",
  "objects with names like indexes, in one another",
  "empty lists",
  "small numbers",
  "small objects",
  "long names",
  "names that look alike",
  "long decimals",
] as const satisfies readonly Shape[];

/** A `webhook.deliver` payload as JSON, at both limits: 256 KiB and 32,768 values, or as near as the shape allows. */
export function costlyPayload(shape: Shape, url: string): string {
  const frame = (items: string, padding: string) => `{"url":"${url}","event":"costly","data":["${padding}"${items}]}`;
  // The payload itself, its three fields and the padding.
  let values = 5;
  let items = "";
  for (let index = 0; ; index++) {
    const [json, more] = SHAPES[shape](index);
    if (values + more > MAX_VALUES || frame(items, "").length + json.length + 1 > MAX_BYTES) break;
    items += `,${json}`;
    values += more;
  }
  return frame(items, "x".repeat(MAX_BYTES - frame(items, "").length));
}
