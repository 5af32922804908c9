import type { PropsWithChildren } from "hono/jsx";

/** Content that may be wider than the window. It scrolls on its own, also with the keyboard. `label` describes it. */
export function Scroll({ label, children }: PropsWithChildren<{ readonly label: string }>) {
  return (
    <div class="scroll" tabindex={0} role="group" aria-label={label}>
      {children}
    </div>
  );
}
