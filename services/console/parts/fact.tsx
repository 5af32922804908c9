import type { Child } from "hono/jsx";

/** A line in a list of facts; nothing if the value is unknown. */
export function Fact({ label, children }: { readonly label: string; readonly children?: Child }) {
  if (children === undefined || children === null || children === false) return null;
  return (
    <>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </>
  );
}
