import { filterQuery, type ShownFilter } from "./letter-filter.ts";

/** A filter as hidden fields, so that the form's target knows which list it came from. */
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
