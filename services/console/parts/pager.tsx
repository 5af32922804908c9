/** Links to the next page of a list, and back to the first. */
export function Pager(props: {
  /** The list's path. */
  readonly path: string;
  /** The address's other query parameters. */
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly cursor: string | undefined;
  readonly nextCursor: string | undefined;
}) {
  const { path, query, cursor, nextCursor } = props;
  if (cursor === undefined && nextCursor === undefined) return null;
  return (
    <nav class="pager" aria-label="Pages of the list">
      {cursor === undefined ? null : <a href={withQuery(path, query)}>First page</a>}
      {nextCursor === undefined ? null : (
        <a rel="next" href={withQuery(path, { ...query, cursor: nextCursor })}>
          Next page
        </a>
      )}
    </nav>
  );
}

/** An address with a query. Undefined and empty values are left out. */
export function withQuery(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== "") given.set(name, value);
  return given.size === 0 ? path : `${path}?${given.toString()}`;
}
