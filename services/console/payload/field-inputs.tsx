import type { Child } from "hono/jsx";
import type { RequestProblem } from "../../../shared/http/problem.ts";
import { type Field, inputName, problemPath } from "./field.ts";
import type { FieldProblems } from "./field-problems.ts";
import { descriptionOf, fieldSentences, optionLabel, ruleWords, typeWords } from "./field-words.ts";
import type { Typed } from "./read-fields.ts";

interface Shown {
  readonly typed: Typed;
  readonly problems: FieldProblems;
}

/** The inputs for a payload, with the typed texts and the problems of each. */
export function FieldInputs({ field, typed, problems }: Shown & { readonly field: Field }) {
  if (field.kind !== "group") return <LeafInput {...{ field, typed, problems }} />;
  const inputs = field.fields.map((part) => <FieldInputs {...{ field: part, typed, problems }} />);
  if (field.path.length === 0) return <>{inputs.length === 0 ? <p class="quiet">It has no fields.</p> : inputs}</>;
  return (
    <fieldset>
      <legend>
        {labelOf(field)}
        {field.isRequired ? null : <OptionalMark />}
      </legend>
      <Wrong id={undefined} problems={problems.of(field)} within={problemPath(field)} />
      {descriptionOf(field) === undefined ? null : <p class="quiet">{descriptionOf(field)}</p>}
      {inputs}
    </fieldset>
  );
}

/** An input with its label, a hint, and its problems. */
export function LabelledInput(props: {
  readonly name: string;
  readonly label: Child;
  readonly hint: string;
  readonly problems: readonly RequestProblem[];
  /** The input's path in problems. */
  readonly path: string;
  /** Renders the input. */
  readonly input: (own: InputAttributes) => Child;
}) {
  const { name, label, hint, problems, path, input } = props;
  const [hintId, wrongId] = [`${name}:hint`, `${name}:wrong`];
  const isWrong = problems.length > 0;
  const own: InputAttributes = {
    id: name,
    name,
    "aria-describedby": isWrong ? `${hintId} ${wrongId}` : hintId,
    "aria-invalid": isWrong ? "true" : undefined,
  };
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <span class="hint" id={hintId}>
        {hint}
      </span>
      {input(own)}
      <Wrong id={wrongId} problems={problems} within={path} />
    </div>
  );
}

/** The attributes that every input has. */
interface InputAttributes {
  readonly id: string;
  readonly name: string;
  readonly "aria-describedby": string;
  readonly "aria-invalid": "true" | undefined;
}

function Wrong(props: {
  readonly id: string | undefined;
  readonly problems: readonly RequestProblem[];
  readonly within: string;
}) {
  const { id, problems, within } = props;
  if (problems.length === 0) return null;
  return (
    <span class="wrong" id={id}>
      {problems.map(({ path, message }) => (
        <span>
          {path === within ? "" : `${path.startsWith(`${within}.`) ? path.slice(within.length + 1) : path} `}
          {message}
        </span>
      ))}
    </span>
  );
}

function LeafInput({ field, typed, problems }: Shown & { readonly field: Exclude<Field, { kind: "group" }> }) {
  return (
    <LabelledInput
      name={inputName(field)}
      label={
        <>
          {labelOf(field)}
          {field.isRequired ? null : <OptionalMark />}
        </>
      }
      hint={hintOf(field)}
      problems={problems.of(field)}
      path={problemPath(field)}
      input={(own) => <Input field={field} value={typed.get(inputName(field)) ?? ""} own={own} />}
    />
  );
}

/** Marks a label as optional. */
export function OptionalMark() {
  return <span class="optional"> optional</span>;
}

function labelOf(field: Field): string {
  return field.path.at(-1) ?? "Payload";
}

function hintOf(field: Exclude<Field, { kind: "group" }>): string {
  const lines = field.kind === "lines" ? ["one per line"] : [];
  return fieldSentences(field, [typeWords(field), ...lines, ...ruleWords(field)]);
}

function Input(props: {
  readonly field: Exclude<Field, { kind: "group" }>;
  readonly value: string;
  readonly own: InputAttributes;
}) {
  const { field, value, own } = props;
  const attributes = { ...own, "aria-required": field.isRequired ? "true" : undefined } as const;
  const plain = { ...attributes, autocomplete: "off", autocapitalize: "off", spellcheck: false } as const;
  switch (field.kind) {
    case "text":
      return field.isLong ? (
        <LongInput own={plain} value={value} size="short" />
      ) : (
        <input type="text" value={value} {...plain} />
      );
    case "number":
      return <input type="text" inputmode="decimal" value={value} {...plain} />;
    case "choice":
      return <Choice options={field.options} isRequired={field.isRequired} value={value} own={attributes} />;
    case "lines":
    case "json":
      return <LongInput own={plain} value={value} size="short" />;
    default:
      return field satisfies never;
  }
}

/** A multi-line input. HTML drops a line break at its start, so one is added. */
export function LongInput(props: { readonly own: object; readonly value: string; readonly size: "short" | "long" }) {
  const { own, value, size } = props;
  return (
    <textarea class={size} {...own}>
      {`\n${value}`}
    </textarea>
  );
}

function Choice(props: {
  readonly options: readonly unknown[];
  readonly isRequired: boolean;
  readonly value: string;
  readonly own: object;
}) {
  const { options, isRequired, value, own } = props;
  return (
    <select {...own}>
      <option value="">{isRequired ? "Choose one" : "Left out"}</option>
      {options.map((option) => {
        const json = JSON.stringify(option);
        return (
          <option value={json} selected={json === value.trim()}>
            {optionLabel(option)}
          </option>
        );
      })}
    </select>
  );
}
