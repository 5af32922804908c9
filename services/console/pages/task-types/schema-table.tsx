import { type Field, payloadField } from "../../payload/field.ts";
import { descriptionOf, fieldSentences, ruleWords, typeWords } from "../../payload/field-words.ts";
import { Scroll } from "../../parts/table/scroll.tsx";
import { TableHead } from "../../parts/table/table-head.tsx";

/** The fields of a payload as rows; those of objects are listed below them. */
export function SchemaTable({ payloadSchema }: { readonly payloadSchema: Readonly<Record<string, unknown>> }) {
  const field = payloadField(payloadSchema);
  const rows = field.kind === "group" ? field.fields.flatMap(withFields) : [field];
  const description = descriptionOf(field);
  return (
    <>
      {description === undefined || field.kind !== "group" ? null : <p>{description}</p>}
      {rows.length === 0 ? (
        <p class="quiet">It has no fields: send {"{}"}.</p>
      ) : (
        <Scroll label="Fields of the payload">
          <table>
            <TableHead columns={["Field", "Takes", "Needed", "Rules"]} />
            <tbody>
              {rows.map((row) => (
                <FieldRow field={row} />
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </>
  );
}

function withFields(field: Field): readonly Field[] {
  return field.kind === "group" ? [field, ...field.fields.flatMap(withFields)] : [field];
}

function FieldRow({ field }: { readonly field: Field }) {
  return (
    <tr>
      <th scope="row">
        <code>{field.path.join(".") || "payload"}</code>
      </th>
      <td>{typeWords(field)}</td>
      <td>{field.isRequired ? "required" : "optional"}</td>
      <td class="rules">{fieldSentences(field, ruleWords(field))}</td>
    </tr>
  );
}
