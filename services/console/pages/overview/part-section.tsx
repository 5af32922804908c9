import type { Child } from "hono/jsx";
import { failureOf } from "../../http/failures.tsx";
import type { Part } from "./read-part.ts";

/** A part of the page or, in its place, why it can't be shown. */
export function PartSection<Value>(props: {
  readonly title: string;
  readonly part: Part<Value>;
  readonly show: (value: Value) => Child;
}) {
  const { title, part, show } = props;
  if (part.kind === "read") return <>{show(part.value)}</>;
  const { detail, code } = failureOf(part.error);
  return (
    <section>
      <h2>{title}</h2>
      <div class="failure">
        <p>{detail}</p>
        {code === undefined ? null : (
          <p class="quiet">
            Code: <code>{code}</code>
          </p>
        )}
      </div>
    </section>
  );
}
