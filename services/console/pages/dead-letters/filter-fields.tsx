import { filterQuery, type ShownFilter } from "./letter-filter.ts";

/** A filter as hidden fields, so that what a form leads to knows the list that it came from. */
export function FilterFields({ filter }: { readonly filter: ShownFilter }) {
  const given = Object.entries(filterQuery(filter)).filter(([, value]) => value !== undefined);
  return (
    <>
      {given.map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
    </>
  );
}
