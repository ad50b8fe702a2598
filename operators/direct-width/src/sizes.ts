// From options to the four sizes after growth, with every objection at once.
import { sizesError } from "@cambium/growth";
import { type ModelSpec, sizesAlong } from "@cambium/model";
import { type Options, type WidthAxis, widthAxes } from "./options.js";

export type Sizes = Readonly<Record<WidthAxis, number>>;

/** Where neither a factor nor a size is given. */
const defaultFactor = 2;

/** @throws CambiumError `E_FAMILY_AXIS` for a family that does not name them all. */
export function baseSizes(base: ModelSpec): Sizes {
  return sizesAlong(base, widthAxes);
}

/**
 * Sizes after growth.
 * @throws CambiumError `E_GROWTH_SIZES` for an axis that shrinks or is not whole, for heads that kvHeads do not divide,
 * and for options that contradict each other.
 */
export function targetSizes(base: Sizes, options: Options): Sizes {
  const { factor, map, maps } = options;
  const sized = widthAxes.some((axis) => options[axis] !== undefined);
  const given = Object.entries({ factor, sizes: sized || undefined, maps }).filter(([, value]) => value !== undefined);
  const explicit = map === "explicit";
  if (given.length > 1 || explicit !== (maps !== undefined)) {
    throw sizesError("the options do not say one size", {
      expected: `${explicit ? "maps alone" : "one of a factor and sizes"}, with map: ${map}`,
      got: given.map(([way]) => way).join(" and ") || "none",
    });
  }
  const grown = (axis: WidthAxis) => {
    if (maps) return maps[axis]?.length ?? base[axis];
    if (sized) return options[axis] ?? base[axis];
    return Number(((factor ?? defaultFactor) * base[axis]).toPrecision(12));
  };
  const sizes: Sizes = {
    hidden: grown("hidden"),
    heads: grown("heads"),
    kvHeads: grown("kvHeads"),
    intermediate: grown("intermediate"),
  };
  const reasons = widthAxes.flatMap((where) => {
    const got = `${sizes[where]}`;
    if (!Number.isInteger(sizes[where])) return [{ where, message: "is not whole", expected: "an integer", got }];
    if (sizes[where] >= base[where]) return [];
    return [{ where, message: "growing does not take away", expected: `at least ${base[where]}`, got }];
  });
  if (sizes.heads % sizes.kvHeads !== 0) {
    const got = `${sizes.heads} over ${sizes.kvHeads}`;
    reasons.push({ where: "heads", message: "are shared out unevenly", expected: "a multiple of kvHeads", got });
  }
  if (reasons.length > 0) throw sizesError("the base cannot grow to these sizes", { reasons });
  return sizes;
}
