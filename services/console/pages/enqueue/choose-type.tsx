import type { TaskTypeInfo } from "../../../../packages/client/src/views/service.ts";
import { withQuery } from "../../parts/pager.tsx";
import { queuePage, typePage } from "../../parts/task-id.tsx";
import { Scroll } from "../../parts/table/scroll.tsx";
import { TableHead } from "../../parts/table/table-head.tsx";

/** Links to the form of each type. */
export function ChooseType({ types, unknown }: { readonly types: readonly TaskTypeInfo[]; readonly unknown: string }) {
  return (
    <>
      <h1>Enqueue a task</h1>
      {unknown === "" ? null : (
        <p class="failure">
          There is no task type <code>{unknown}</code>.
        </p>
      )}
      <p>Choose its type.</p>
      <Scroll label="Task types">
        <table>
          <TableHead columns={["Type", "Queue", "About it"]} />
          <tbody data-rows="">
            {types.map(({ type, queue }) => (
              <tr>
                <th scope="row">
                  <a href={enqueuePage(type)}>{type}</a>
                </th>
                <td>
                  <a href={queuePage(queue)}>{queue}</a>
                </td>
                <td>
                  <a href={typePage(type)}>Payload and commands</a>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </>
  );
}

/** The form for a task of a type. */
export function enqueuePage(type: string, query: { readonly example?: "yes" } = {}): string {
  return withQuery("/enqueue", { type, ...query });
}
