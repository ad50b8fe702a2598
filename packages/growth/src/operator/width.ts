// Width growth: checks the target sizes, given by one factor or one by one. The operator defines each tensor.
import type { Reason } from "@cambium/ir";
import { grownModel, limitReasons, type ModelSpec, sizesAlong } from "@cambium/model";
import { checkFields, type Fields } from "@cambium/plugin";
import * as z from "zod";
import type { Claims, PlanParts } from "../plan/plan.js";
import { counting } from "./counted.js";
import { operatorOf } from "./define.js";
import type { Operator } from "./operator.js";
import { sizesError } from "./sizes.js";
import { type WidthAxis, widthAxes } from "./width-axes.js";

const growable = [...widthAxes, "layers"] as const;
export type WidthSizes = Readonly<Record<(typeof growable)[number], number>>;

/** The growth factor if neither a factor nor a size is given. */
const defaultWidthFactor = 2;

const size = (what: string) => z.int().positive().exactOptional().describe(`${what} after growth`);
const sizeOf = (axis: WidthAxis, what: string) => counting(size(what), axis);
const sizeOptions = {
  factor: z
    .number()
    .positive()
    .exactOptional()
    .describe(`factor on hidden, heads, kvHeads and intermediate; default ${defaultWidthFactor} if no size is given`),
  hidden: sizeOf("hidden", "channels of the residual stream"),
  heads: sizeOf("heads", "query heads"),
  kvHeads: sizeOf("kvHeads", "key/value heads"),
  intermediate: sizeOf("intermediate", "neurons of the MLP"),
};
type SizeChoice = Partial<WidthSizes> & { readonly factor?: number };

/** A growth of sizes. */
export interface WidthGrowth {
  readonly base: ModelSpec;
  readonly from: WidthSizes;
  readonly to: WidthSizes;
}

type Chosen<Extra extends z.ZodRawShape> = z.output<z.ZodObject<Extra>>;

export interface WidthOperatorDefinition<Extra extends z.ZodRawShape> {
  readonly name: string;
  readonly version: string;
  readonly summary: string;
  /** As in `defineOperator`. */
  readonly claims?: Claims;
  /** Options besides the factor and the sizes. */
  readonly options?: Extra;
  /** Whether it takes `layers` too. Default false: the depth stays. */
  readonly layers?: boolean;
  /**
   * Sizes that an option `by` of its own decides, such as index maps. The user then gives neither a factor nor sizes.
   */
  decided?(options: Chosen<Extra>): { readonly by: string; readonly sizes: Partial<WidthSizes> } | undefined;
  /** Further reasons against a growth. Sizes that shrink, are not whole or divide heads unevenly are refused anyway. */
  objections?(growth: WidthGrowth, options: Chosen<Extra>): readonly Reason[];
  /** The model after growth, if it differs from the base in more than its sizes; default `grown`. */
  target?(grown: ModelSpec, growth: WidthGrowth, options: Chosen<Extra>): ModelSpec;
  /** The expression of every tensor of `target`, and how the target trains. */
  plan(growth: WidthGrowth & { readonly target: ModelSpec }, options: Chosen<Extra>): PlanParts;
}

const fields: Fields<WidthOperatorDefinition<z.ZodRawShape>> = {
  name: "string",
  version: "string",
  summary: "string",
  claims: "object?",
  options: "object?",
  layers: "boolean?",
  decided: "function?",
  objections: "function?",
  target: "function?",
  plan: "function",
};

/**
 * An operator that grows sizes. Its options are `factor`, `hidden`, `heads`, `kvHeads` and `intermediate`, then its
 * own. `plan` throws `E_GROWTH_SIZES` with every reason if the base cannot grow to the sizes asked for, and
 * `E_FAMILY_AXIS` for a family that does not name the axes.
 * @example
 * export default widthOperator({
 *   name: "zero-width", version, summary: "new entries are zero",
 *   plan: ({ base, target }) => ({ tensors: zeroPadded(base, target) }),
 * });
 */
export function widthOperator<Extra extends z.ZodRawShape = Record<never, never>>(
  definition: WidthOperatorDefinition<Extra>,
): Operator {
  checkFields("widthOperator", fields, definition);
  const { name, version, summary, claims } = definition;
  const layers = definition.layers ? { layers: size("layers") } : {};
  const growthOf = (base: ModelSpec, options: object): WidthGrowth => {
    const sizes = sizesAlong(base, growable);
    const from = Object.fromEntries(growable.map((axis) => [axis, sizes[axis]])) as WidthSizes;
    const growth = { base, from, to: sizesAfter(from, options, definition.decided?.(options as Chosen<Extra>)) };
    const beyond = limitReasons(growth.to);
    const reasons =
      beyond.length > 0
        ? beyond
        : [...objections(growth), ...(definition.objections?.(growth, options as Chosen<Extra>) ?? [])];
    if (reasons.length > 0) throw sizesError("the base cannot grow to these sizes", { reasons });
    return growth;
  };
  const options = z.strictObject({ ...sizeOptions, ...layers, ...definition.options });
  return operatorOf({ name, version, summary, options, ...(claims && { claims }) }, (base, choice) => {
    const chosen = choice as Chosen<Extra>;
    const growth = growthOf(base, choice);
    const grown = grownModel(base, growth.to);
    return {
      target: definition.target?.(grown, growth, chosen) ?? grown,
      parts: (target) => definition.plan({ ...growth, target }, chosen),
    };
  });
}

/** @throws CambiumError `E_GROWTH_SIZES` if sizes are given in more than one way. */
function sizesAfter(
  from: WidthSizes,
  { factor, ...given }: SizeChoice,
  decided: { readonly by: string; readonly sizes: Partial<WidthSizes> } | undefined,
): WidthSizes {
  const sized = growable.some((axis) => given[axis] !== undefined);
  const ways = { factor: factor !== undefined, sizes: sized, [decided?.by ?? ""]: decided !== undefined };
  const got = Object.keys(ways).filter((way) => ways[way]);
  if (got.length > 1) {
    const expected = ["a factor", "sizes", ...(decided ? [decided.by] : [])].join(" or ");
    throw sizesError("the options give the sizes in more than one way", { expected, got: got.join(" and ") });
  }
  const scaled = (axis: WidthAxis | "layers") =>
    axis === "layers" ? from.layers : Number(((factor ?? defaultWidthFactor) * from[axis]).toPrecision(12));
  const chosen = decided?.sizes ?? (sized ? given : undefined);
  return Object.fromEntries(
    growable.map((axis) => [axis, chosen ? (chosen[axis] ?? from[axis]) : scaled(axis)]),
  ) as WidthSizes;
}

function objections({ from, to }: WidthGrowth): Reason[] {
  const reasons: Reason[] = growable.flatMap((where) => {
    const got = `${to[where]}`;
    if (!Number.isInteger(to[where])) return [{ where, message: "is not whole", expected: "an integer", got }];
    if (to[where] >= from[where]) return [];
    return [{ where, message: "is smaller than the base's", expected: `at least ${from[where]}`, got }];
  });
  if (to.heads % to.kvHeads !== 0) {
    const got = `${to.heads} over ${to.kvHeads}`;
    const expected = "a multiple of kvHeads";
    reasons.push({ where: "heads", message: "do not divide evenly among key/value heads", expected, got });
  }
  return reasons;
}
