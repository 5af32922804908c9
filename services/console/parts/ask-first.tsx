import type { PropsWithChildren } from "hono/jsx";
import { ActionForm } from "./form.tsx";

/** Asks before something that can't be undone is done. Its children say what will happen, and may hold fields. */
export function AskFirst(
  props: PropsWithChildren<{
    readonly title: string;
    /** Where the form goes. */
    readonly action: string;
    /** The button's label: what will be done. */
    readonly label: string;
    /** The page to go back to. */
    readonly back: string;
  }>,
) {
  const { title, action, label, back, children } = props;
  return (
    <section class="ask">
      <h1>{title}</h1>
      <ActionForm action={action}>
        {children}
        <p class="choices">
          <button class="danger">{label}</button>
          <a class="button" href={back}>
            Don't
          </a>
        </p>
      </ActionForm>
    </section>
  );
}
