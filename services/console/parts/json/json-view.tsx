import { CopyButton } from "../task-id.tsx";
import { formatCount } from "../numbers.ts";
import { type JsonContainer, type JsonEntry, type JsonLeaf, JSON_LIMITS, jsonTree } from "./json-tree.ts";

/** From this many values on, the value can be searched. */
const FIND_FROM = 15;

/** Longer values, in characters, are copied from their own page. */
const MAX_COPY_LENGTH = 20_000;

/**
 * A JSON value that folds and, with a script, can be searched. If it is large, it is cut, which is shown.
 *
 * @param id unique among the page's views.
 * @param whole the path of the whole value.
 */
export function JsonView(props: {
  readonly id: string;
  /** What it is, such as `payload`. */
  readonly what: string;
  readonly value: unknown;
  readonly whole: string;
}) {
  const { id, what, value, whole } = props;
  const { root, isCut, count } = jsonTree(value);
  const text = JSON.stringify(value);
  return (
    <div class="json" id={id} data-json="" data-keep="">
      <div class="json-bar">
        {count < FIND_FROM ? null : <Find id={id} what={what} />}
        <a href={whole}>Whole {what} as text</a>
        {text.length > MAX_COPY_LENGTH ? null : <CopyButton text={text} what={what} />}
      </div>
      {isCut ? <CutNote what={what} /> : null}
      <div class="scroll tree" tabindex={0} role="region" aria-label={what}>
        <Value entry={{ name: undefined, node: root }} depth={0} />
      </div>
    </div>
  );
}

function Find({ id, what }: { readonly id: string; readonly what: string }) {
  const label = `Find in the ${what}`;
  return (
    <span data-script="" hidden>
      <label class="unseen" for={`${id}-find`}>
        {label}
      </label>
      <input id={`${id}-find`} type="search" data-json-find="" placeholder={label} autocomplete="off" />{" "}
      <output for={`${id}-find`} class="quiet" />
    </span>
  );
}

function CutNote({ what }: { readonly what: string }) {
  const { mostValues, mostEntries, longestText } = JSON_LIMITS;
  return (
    <p class="quiet">
      This is a part of the {what}: at most {formatCount(mostValues)} values, {formatCount(mostEntries)} entries of each
      list or object, and {formatCount(longestText)} characters of each string.
    </p>
  );
}

function Value({ entry, depth }: { readonly entry: JsonEntry; readonly depth: number }) {
  const { name, node } = entry;
  if ("entries" in node) return <Folded name={name} node={node} depth={depth} />;
  return <Leaf name={name} node={node} />;
}

function Leaf({ name, node }: { readonly name: string | undefined; readonly node: JsonLeaf }) {
  return (
    <div class="leaf">
      <Name name={name} />
      <Scalar node={node} />
    </div>
  );
}

function Scalar({ node }: { readonly node: JsonLeaf }) {
  if (node.kind === "plain") return <code class={node.type}>{node.text}</code>;
  return (
    <>
      <code class="string">{node.text}</code>
      {node.length === undefined ? null : (
        <span class="quiet">
          {" "}
          the first {formatCount(JSON_LIMITS.longestText)} of {formatCount(node.length)} characters
        </span>
      )}
    </>
  );
}

function Name({ name }: { readonly name: string | undefined }) {
  return name === undefined ? null : (
    <>
      <code class="name">{name}</code>:{" "}
    </>
  );
}

function Folded(props: { readonly name: string | undefined; readonly node: JsonContainer; readonly depth: number }) {
  const { name, node, depth } = props;
  const { entries, size } = node;
  const [begin, end] = node.kind === "list" ? ["[", "]"] : ["{", "}"];
  if (size === 0) {
    return (
      <div class="leaf">
        <Name name={name} />
        <code>{`${begin}${end}`}</code>
      </div>
    );
  }
  return (
    <details open={isOpen(node, depth)}>
      <summary>
        <Name name={name} />
        <code>{begin}</code> <span class="quiet">{describeSize(node)}</span> <code class="folded">{end}</code>
      </summary>
      {entries.map((entry) => (
        <Value entry={entry} depth={depth + 1} />
      ))}
      {entries.length === size ? null : (
        <div class="leaf quiet">{`… and ${formatCount(size - entries.length)} more`}</div>
      )}
    </details>
  );
}

/** The depth, and the number of entries, to which a value is open at first. */
const OPEN_DEPTH = 3;
const OPEN_ENTRIES = 25;

function isOpen({ size }: JsonContainer, depth: number): boolean {
  return depth === 0 || (depth < OPEN_DEPTH && size <= OPEN_ENTRIES);
}

function describeSize({ kind, size }: JsonContainer): string {
  const word = kind === "list" ? "item" : "field";
  return `${formatCount(size)} ${size === 1 ? word : `${word}s`}`;
}
