// The options of operators in a recipe that is made small: what counts tokens, steps or sizes shrinks as these do.
import { type Counted, type CountedOption, type WidthAxis, widthAxes } from "@cambium/growth";

/** By the operator's name in the recipe, what its options count (`countedOptions`). */
export type CountedByOperator = Readonly<Record<string, Readonly<Record<string, CountedOption>>>>;

export type Widths = Readonly<Record<WidthAxis, number>>;

export interface Scaling {
  /** Sizes of the base in the recipe, and in the small one. */
  readonly from: Widths;
  readonly to: Widths;
  tokens(count: number): number;
  steps(count: number): number;
}

interface Use {
  readonly operator: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** A function that makes the options of one growth after another of an arm small. */
export function optionScaler(
  { from, to, tokens, steps }: Scaling,
  counted: CountedByOperator,
): (use: Use) => Record<string, unknown> {
  let [before, small]: Widths[] = [from, to];
  return ({ operator, options }) => {
    const known = counted[operator] ?? {};
    const count = (name: string, of: CountedOption): number | undefined => {
      const value = options[name] ?? of.default;
      return typeof value === "number" ? value : undefined;
    };
    const along = (axis: WidthAxis) =>
      Object.entries(known).flatMap(([name, of]) => (of.counts === axis ? (count(name, of) ?? []) : []))[0];
    const wanted = Object.fromEntries(widthAxes.map((axis) => [axis, along(axis) ?? before?.[axis]])) as Widths;
    const made = smallWidths(wanted, before as Widths, small as Widths, (size, axis) => (size * to[axis]) / from[axis]);
    [before, small] = [wanted, made];
    const of: Readonly<Record<Counted, (value: number) => number>> = {
      ...{ tokens, steps },
      ...{ hidden: () => made.hidden, heads: () => made.heads },
      ...{ kvHeads: () => made.kvHeads, intermediate: () => made.intermediate },
    };
    const changed = Object.entries(known).flatMap(([name, one]) => {
      const value = count(name, one);
      return value === undefined ? [] : [[name, of[one.counts](value)] as const];
    });
    return { ...options, ...Object.fromEntries(changed) };
  };
}

/** The widths after a growth: what grows grows, by one at least, and query heads stay a multiple of key/value heads. */
function smallWidths(
  wanted: Widths,
  before: Widths,
  small: Widths,
  share: (size: number, axis: WidthAxis) => number,
): Widths {
  const grown = (axis: WidthAxis, multipleOf = 1) => {
    if (wanted[axis] === before[axis]) return small[axis];
    const nearest = multipleOf * Math.round(share(wanted[axis], axis) / multipleOf);
    const next = multipleOf * (Math.floor(small[axis] / multipleOf) + 1);
    return Math.max(nearest, wanted[axis] > before[axis] ? next : multipleOf);
  };
  const kvHeads = grown("kvHeads");
  const heads = grown("heads", kvHeads);
  return { hidden: grown("hidden"), heads, kvHeads, intermediate: grown("intermediate") };
}
