import type { PropsWithChildren } from "hono/jsx";
import { TOKEN_FIELD } from "../http/form-token.ts";
import { usePage } from "../layout/page-context.ts";

/** A form that does something, with the token that every action wants. */
export function ActionForm({ action, children }: PropsWithChildren<{ readonly action: string }>) {
  const { formToken } = usePage();
  return (
    <form method="post" action={action}>
      <input type="hidden" name={TOKEN_FIELD} value={formToken} />
      {children}
    </form>
  );
}

/** A button that does at once what can be undone. Shown to those who may. */
export function ActionButton(props: { readonly action: string; readonly label: string; readonly needs: string }) {
  return useMay(props.needs) ? (
    <ActionForm action={props.action}>
      <button>{props.label}</button>
    </ActionForm>
  ) : null;
}

/** A link to the page that asks before it does what can't be undone. Shown to those who may. */
export function AskLink(props: { readonly page: string; readonly label: string; readonly needs: string }) {
  return useMay(props.needs) ? (
    <a class="button danger" href={props.page}>
      {props.label}
    </a>
  ) : null;
}

/** Whether the person may do something, by the words of the producer's `/v1/me`. It decides what is offered; the producer refuses. */
export function useMay(action: string): boolean {
  return usePage().person.actions.includes(action);
}
