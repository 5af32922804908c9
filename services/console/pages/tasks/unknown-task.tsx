import type { HandoffError } from "../../../../packages/client/src/errors.ts";

/** The producer's message about an unknown id, and the form of ids. */
export function UnknownTask({ id, refusal }: { readonly id: string; readonly refusal: HandoffError }) {
  const { problem, message, code } = refusal;
  return (
    <section class="failure">
      <h1>{problem?.title ?? "There is no such task"}</h1>
      <p>{problem?.detail ?? message}</p>
      <p>
        You asked for <code>{id}</code>. A task's id is 32 hexadecimal digits, an <code>n</code> if its type is natural,
        a hyphen and its queue, such as <code>{EXAMPLE}</code>. The ids that lists show are shortened: copy them with
        the button beside them.
      </p>
      <p>
        If you know the task's idempotency key, <a href="/search">search by that</a>.
      </p>
      <p class="quiet">
        Code: <code>{code}</code>
      </p>
    </section>
  );
}

const EXAMPLE = `${"9f2c".repeat(8)}-default`;
