import type { PropsWithChildren } from "hono/jsx";

/** What may be wider than its window: it scrolls by itself, with the keyboard, too. `label` says what it holds. */
export function Scroll({ label, children }: PropsWithChildren<{ readonly label: string }>) {
  return (
    <div class="scroll" tabindex={0} role="group" aria-label={label}>
      {children}
    </div>
  );
}
