import type { PropsWithChildren } from "hono/jsx";
import { ActionForm } from "./form.tsx";

/** Asks for confirmation of what can't be undone. The children say what will happen, and may contain fields. */
export function ConfirmAction(
  props: PropsWithChildren<{
    readonly title: string;
    /** The form's target. */
    readonly action: string;
    /** The button's label: what will be done. */
    readonly label: string;
    /** The page to go back to. */
    readonly back: string;
    /** Whether anything is lost. Default: yes. */
    readonly isDangerous?: boolean;
  }>,
) {
  const { title, action, label, back, isDangerous = true, children } = props;
  return (
    <section class="ask">
      <h1>{title}</h1>
      <ActionForm action={action}>
        {children}
        <p class="choices">
          <button class={isDangerous ? "danger" : "primary"}>{label}</button>
          <a class="button" href={back}>
            Don't
          </a>
        </p>
      </ActionForm>
    </section>
  );
}
