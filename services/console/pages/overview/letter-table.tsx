import type { LetterSummary } from "../../../../packages/client/src/views/dead-letter.ts";
import { formatCount } from "../../parts/numbers.ts";
import { withQuery } from "../../parts/pager.tsx";
import { Time } from "../../parts/time.tsx";
import { Scroll } from "../../parts/table/scroll.tsx";
import { TableHead } from "../../parts/table/table-head.tsx";

/** The open dead letters by type and code. */
export function LetterTable({ summary }: { readonly summary: LetterSummary }) {
  const { items, complete } = summary;
  return (
    <section>
      <h2>Dead letters</h2>
      {items.length === 0 ? (
        <p class="quiet">None are open.</p>
      ) : (
        <Scroll label="Dead letters by type and code">
          <table>
            <TableHead columns={["Type", "Code", { numbers: "Open" }, "Newest"]} />
            <tbody data-rows="">
              {items.map(({ type, code, count, newestDiedAt }) => (
                <tr id={`letters-${encodeURIComponent(type)}:${encodeURIComponent(code)}`}>
                  <th scope="row">
                    <a href={withQuery("/dead-letters", { type, code })}>{type}</a>
                  </th>
                  <td>
                    <code>{code}</code>
                  </td>
                  <td class="number">{formatCount(count)}</td>
                  <td>
                    <Time at={newestDiedAt} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      {complete ? null : <p class="quiet">These are the newest 1,000 open letters. There are more.</p>}
    </section>
  );
}
