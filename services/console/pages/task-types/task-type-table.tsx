import type { LetterSummary } from "../../../../packages/client/src/views/dead-letter.ts";
import type { TaskTypeInfo } from "../../../../packages/client/src/views/service.ts";
import { describeDuration } from "../../parts/distance.ts";
import { usePermission } from "../../parts/form.tsx";
import { formatCount } from "../../parts/numbers.ts";
import { queuePage, typePage } from "../../parts/task-id.tsx";
import { Empty } from "../../parts/try-it.tsx";
import { enqueuePage } from "../enqueue/choose-type.tsx";
import { OpenLetters } from "./open-letters.tsx";
import { Scroll } from "../../parts/table/scroll.tsx";
import { TableHead } from "../../parts/table/table-head.tsx";

/** All types, in the order of the registry. */
export function TaskTypeTable(props: { readonly types: readonly TaskTypeInfo[]; readonly letters: LetterSummary }) {
  const { types, letters } = props;
  const mayCreate = usePermission("create tasks");
  if (types.length === 0) {
    return (
      <>
        <h1>Task types</h1>
        <Empty command="npx handoff new mail.send">
          There are none yet. A task type is a file in shared/tasks/ and a handler in services/worker/handlers/. This
          makes both, with a test:
        </Empty>
      </>
    );
  }
  return (
    <>
      <h1>Task types</h1>
      <Scroll label="Task types">
        <table class="wide">
          <TableHead
            columns={[
              "Type",
              "Queue",
              "Kind",
              { numbers: "Timeout" },
              { numbers: "Attempts" },
              { numbers: "Open dead letters" },
              mayCreate ? "Enqueue" : undefined,
            ]}
          />
          <tbody data-rows="">
            {types.map(({ type, queue, idempotency, timeoutMs, attempts }) => (
              <tr>
                <th scope="row">
                  <a href={typePage(type)}>{type}</a>
                </th>
                <td>
                  <a href={queuePage(queue)}>{queue}</a>
                </td>
                <td>{idempotency}</td>
                <td class="number">{describeDuration(timeoutMs)}</td>
                <td class="number">{formatCount(attempts)}</td>
                <td class="number">
                  <OpenLetters type={type} letters={letters} />
                </td>
                {mayCreate ? (
                  <td>
                    <a href={enqueuePage(type)}>
                      Enqueue one<span class="unseen"> {type}</span>
                    </a>
                  </td>
                ) : null}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </>
  );
}
