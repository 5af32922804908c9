import * as fc from "fast-check";
import type { Operation, Parameter, Schema } from "./document.ts";
import type { Checked } from "./json-schema.ts";
import { HANDED_OUT, valuesOf } from "./values.ts";

export type ParameterText = readonly [name: string, text: string];

/** These make the test wait, and 0 is the same as leaving it out. */
const SECONDS_TO_WAIT = "waitSeconds";

const ODD_TEXTS = ["", " ", "x", "é", "-1", "0", "1.5", "1e9", "null", "9".repeat(30), "a b", "x".repeat(300)];
/** Values that no header can hold as they are. */
const NO_HEADER = /^\s|\s$|^$|[^\x20-\x7e]/;

/** Texts that are valid for an operation's parameters. Some optional parameters are left out. */
export function rightTexts(
  operation: Operation,
  place: Parameter["in"],
  checked: Checked,
): fc.Arbitrary<ParameterText[]> {
  const each = parametersIn(operation, place)
    .filter(({ schema }) => schema.format !== HANDED_OUT)
    .map((parameter) => {
      const { name, schema, required } = parameter;
      const values = name === SECONDS_TO_WAIT ? fc.constant(0) : valuesOf(schema, checked.document);
      const pairs = values
        .map(String)
        .filter(checkOf(parameter, operation, checked))
        .filter((text) => place !== "header" || !NO_HEADER.test(text))
        .map((text): ParameterText => [name, text]);
      return required ? pairs : fc.option(pairs, { nil: undefined });
    });
  return fc.tuple(...each).map((pairs) => pairs.filter((pair) => pair !== undefined));
}

/** Invalid texts for one of an operation's parameters; undefined if there are none. */
export function wrongTexts(
  operation: Operation,
  place: Parameter["in"],
  checked: Checked,
): fc.Arbitrary<ParameterText> | undefined {
  const pairs = parametersIn(operation, place).flatMap((parameter) => {
    const isRight = checkOf(parameter, operation, checked);
    const wrong = ODD_TEXTS.filter((text) => !isRight(text) && !(place === "header" && NO_HEADER.test(text)));
    return wrong.map((text): ParameterText => [parameter.name, text]);
  });
  return pairs.length === 0 ? undefined : fc.constantFrom(...pairs);
}

function parametersIn({ parameters = [] }: Operation, place: Parameter["in"]): readonly Parameter[] {
  return parameters.filter((parameter) => parameter.in === place);
}

function checkOf(
  parameter: Parameter,
  { at, parameters = [] }: Operation,
  { problemsAt }: Checked,
): (text: string) => boolean {
  if (parameter.schema.format === HANDED_OUT) return () => false;
  const problems = problemsAt(`${at}/parameters/${parameters.indexOf(parameter)}/schema`);
  return (text) => problems(readAs(text, parameter.schema)) === "";
}

/** The value that a parameter's text stands for. */
function readAs(text: string, { type }: Schema): unknown {
  const isNumber = type === "integer" || type === "number";
  return isNumber && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}
