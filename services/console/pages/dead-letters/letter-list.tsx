import type { DeadLetter } from "../../../../packages/client/src/views/dead-letter.ts";
import { StateBadge } from "../../parts/state-badge.tsx";
import { LetterLink } from "../../parts/task-id.tsx";
import { Time } from "../../parts/time.tsx";
import { cutMessage } from "./cut-message.ts";
import { Scroll } from "../../parts/table/scroll.tsx";
import { TableHead } from "../../parts/table/table-head.tsx";

/** A short list of the letters that an action is about to change. */
export function LetterList({ letters }: { readonly letters: readonly DeadLetter[] }) {
  return (
    <Scroll label="Dead letters">
      <table class="letters">
        <TableHead columns={["Type", "State", "Died of", "Died", "Letter"]} />
        <tbody data-rows="">
          {letters.map(({ id, type, status, code, message, diedAt }) => (
            <tr>
              <th scope="row">{type}</th>
              <td>
                <StateBadge state={status} />
              </td>
              <td class="died-of">
                <code>{code}</code> <span class="quiet">{cutMessage(message)}</span>
              </td>
              <td>
                <Time at={diedAt} />
              </td>
              <td>
                <LetterLink id={id} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
