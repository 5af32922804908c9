import { ActionForm, usePermission } from "../../parts/form.tsx";

/** The field that makes two clicks on the same button one task. */
export const RUN_KEY_FIELD = "key";

/** A button that creates a task as the schedule does. */
export function RunNow({ action, needs }: { readonly action: string; readonly needs: string }) {
  return usePermission(needs) ? (
    <ActionForm action={action}>
      <input type="hidden" name={RUN_KEY_FIELD} value={crypto.randomUUID()} />
      <button>Run now</button>
    </ActionForm>
  ) : null;
}
