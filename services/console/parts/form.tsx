import type { PropsWithChildren } from "hono/jsx";
import { TOKEN_FIELD } from "../http/form-token.ts";
import { usePage } from "../layout/page-context.ts";

/** A form for an action, with the token that every action requires. */
export function ActionForm({ action, children }: PropsWithChildren<{ readonly action: string }>) {
  const { formToken } = usePage();
  return (
    <form method="post" action={action}>
      <input type="hidden" name={TOKEN_FIELD} value={formToken} />
      {children}
    </form>
  );
}

/** A button for an action that can be undone. Shown to people who may do it. */
export function ActionButton(props: { readonly action: string; readonly label: string; readonly needs: string }) {
  return usePermission(props.needs) ? (
    <ActionForm action={props.action}>
      <button>{props.label}</button>
    </ActionForm>
  ) : null;
}

/** A link to the confirmation of an action that can't be undone. Shown to people who may do it. */
export function ConfirmLink(props: { readonly page: string; readonly label: string; readonly needs: string }) {
  return usePermission(props.needs) ? (
    <a class="button danger" href={props.page}>
      {props.label}
    </a>
  ) : null;
}

/** Whether `/v1/me` allows the person an action. This only decides what is offered; the producer enforces it. */
export function usePermission(action: string): boolean {
  return usePage().person.actions.includes(action);
}
