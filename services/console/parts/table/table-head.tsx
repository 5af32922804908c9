/** A column of a table, by its title: of texts, or of numbers that stand to the right. An unseen title is read out only. */
export type Column = string | { readonly numbers: string } | { readonly unseen: string };

/** The head of a table. What is undefined is left out. */
export function TableHead({ columns }: { readonly columns: readonly (Column | undefined)[] }) {
  return (
    <thead>
      <tr>{columns.map((column) => (column === undefined ? null : <HeadCell column={column} />))}</tr>
    </thead>
  );
}

function HeadCell({ column }: { readonly column: Column }) {
  if (typeof column === "string") return <th scope="col">{column}</th>;
  if ("unseen" in column) {
    return (
      <th scope="col">
        <span class="unseen">{column.unseen}</span>
      </th>
    );
  }
  return (
    <th scope="col" class="number">
      {column.numbers}
    </th>
  );
}
