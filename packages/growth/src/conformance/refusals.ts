// What an operator must refuse, by what it declares: options it does not have, values of the wrong type or outside its
// schema's lists and bounds, and sizes that are no growth or are given in two ways.
import * as z from "zod";
import type { Operator } from "../operator/operator.js";
import { type OperatorCase, type Refusal, testBases } from "./case.js";

/** The part of JSON Schema that options use. */
interface Schema {
  readonly type?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly additionalProperties?: unknown;
}

/** The options that the operator lists, as JSON Schema. */
export function optionSchemas({ options }: Operator): Readonly<Record<string, Schema>> {
  const { properties = {} } = z.toJSONSchema(options, { io: "input" });
  return properties as Record<string, Schema>;
}

/** The names of the options that must be given. */
function neededOptions({ options }: Operator): readonly string[] {
  return z.toJSONSchema(options, { io: "input" }).required ?? [];
}

/** A refusal, and a word that its message must have. */
type Named = readonly [refusal: Refusal, word: string];

/** By the name of their test, the growths that the operator must refuse; `one` is a growth that it takes. */
export function optionRefusals(operator: Operator, one: OperatorCase): Readonly<Record<string, readonly Named[]>> {
  const schemas = optionSchemas(operator);
  const code = "E_GROWTH_OPTION";
  const wrong = (option: string, value: unknown): Named => [
    { ...one, options: { ...one.options, [option]: value }, code },
    option,
  ];
  const { factor, layers, hidden, heads, kvHeads, intermediate, ...others } = { ...one.options } as Record<
    string,
    unknown
  >;
  return {
    [`an unknown one is refused by name: ${code}`]: [wrong("noSuchOption", true)],
    [`what has no default must be given: ${code}`]: neededOptions(operator).map((name) => {
      const { [name]: _, ...rest } = { ...one.options };
      return [{ ...one, options: rest, code }, name];
    }),
    [`each refuses a value of the wrong type, by name: ${code}`]: Object.keys(schemas)
      .filter((name) => !takesAnyObject(schemas[name] as Schema))
      .map((name) => wrong(name, { noSuchKey: true })),
    [`each refuses a value outside its list or bounds, by name: ${code}`]: Object.entries(schemas).flatMap(
      ([name, schema]) => outside(schema).map((value) => wrong(name, value)),
    ),
    "sizes that are no growth, or come in two ways, are refused": sizeRefusals(schemas).map((refusal) => {
      const [size = "", ...more] = Object.keys(refusal.options);
      const options = { ...others, ...refusal.options };
      return [{ ...refusal, options }, size === "factor" || more.length > 0 ? operator.name : size];
    }),
  };
}

function takesAnyObject({ type, additionalProperties }: Schema): boolean {
  return type === undefined || (type === "object" && additionalProperties !== false);
}

/** Values of the right type that the schema does not allow. */
function outside(schema: Schema): unknown[] {
  const { type, anyOf, minimum, exclusiveMinimum, maximum = Number.MAX_SAFE_INTEGER, items } = schema;
  if (anyOf) {
    const types = (value: unknown) => anyOf.filter((one) => typeOf(one) === typeof value).length;
    return anyOf.flatMap(outside).filter((value) => types(value) <= 1);
  }
  if (schema.enum) return ["no such value"];
  if (type === "array") return items ? outside(items).map((value) => [value]) : [];
  if (type !== "number" && type !== "integer") return [];
  return [
    ...(minimum === undefined ? [] : [minimum - 1]),
    ...(exclusiveMinimum === undefined ? [] : [exclusiveMinimum]),
    ...(maximum < Number.MAX_SAFE_INTEGER ? [maximum + 1] : []),
    ...(type === "integer" ? [(minimum ?? 1) + 1.5] : []),
  ];
}

function typeOf({ type }: Schema): string | undefined {
  if (type === "integer") return "number";
  return type === "array" ? "object" : type;
}

/** Of `baseModel()`: 6 layers, 8 channels, 2 heads, 14 neurons. */
const depth: readonly Refusal[] = [
  { options: { factor: 2, layers: 12 }, code: "E_GROWTH_OPTION" },
  { options: { factor: 0 }, code: "E_GROWTH_OPTION" },
  { options: { layers: 12.5 }, code: "E_GROWTH_OPTION" },
  { options: { layers: 5 }, code: "E_GROWTH_LAYERS" },
  { options: { factor: 1.1 }, code: "E_GROWTH_LAYERS" },
  { options: { layers: 100_000 }, code: "E_GROWTH_LAYERS" },
];

const width: readonly Refusal[] = [
  { options: { factor: 0 }, code: "E_GROWTH_OPTION" },
  { options: { hidden: 8.5 }, code: "E_GROWTH_OPTION" },
  { options: { headDim: 8 }, code: "E_GROWTH_OPTION" },
  ...[{ hidden: 4 }, { heads: 1 }, { kvHeads: 1 }, { intermediate: 13 }, { factor: 0.5 }, { factor: 1.1 }].map(
    notSizes,
  ),
  ...[{ factor: 2, hidden: 16 }, { hidden: 2 ** 30 }, { factor: 1e306 }].map(notSizes),
  { base: testBases["gqa, tied"], options: { heads: 5 }, code: "E_GROWTH_SIZES" },
];

function notSizes(options: Refusal["options"]): Refusal {
  return { options, code: "E_GROWTH_SIZES" };
}

/** For an operator that takes a factor; none for another. */
function sizeRefusals(schemas: Readonly<Record<string, Schema>>): readonly Refusal[] {
  const takes = (name: string) => Object.hasOwn(schemas, name);
  if (!takes("factor")) return [];
  if (takes("hidden")) return takes("layers") ? [...width, notSizes({ layers: 5 })] : width;
  return takes("layers") ? depth : [];
}
