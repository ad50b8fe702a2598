// Cells of equal FLOPs: for each budget, a recipe over values of one field, with `train.tokens` set to spend it.
import { CambiumError } from "@cambium/ir";
import { checkRecipe, parseAxis, type Recipe, type SweepAxis, type SweepCell, sweepCells } from "@cambium/recipe";

export interface IsoFlop {
  /** FLOPs, as the user wrote them. */
  readonly budgets: readonly string[];
  /** The field, with or without its values. */
  readonly vary: string;
}

/** Default values for growth.N.at: shares of an arm's FLOPs spent on the base. */
const shares = [0.03, 0.07, 0.15, 0.3, 0.5];
/** Default values for any other field: the recipe's own number times these. */
const factors = [0.25, 0.5, 1, 2, 4];

/**
 * @param plain the recipe as parsed YAML
 * @param perToken FLOPs per training token of a recipe's target
 * @throws CambiumError `E_SWEEP`, `E_OPTION`; `E_RECIPE` for a cell that is not a valid recipe
 */
export async function isoFlopCells(
  plain: unknown,
  { budgets, vary }: IsoFlop,
  others: readonly SweepAxis[],
  perToken: (recipe: Recipe) => Promise<number>,
): Promise<SweepCell[]> {
  const axis = vary.includes("=") ? parseAxis(vary) : gridOf(vary, plain);
  if (axis.path === "train.tokens" || others.some(({ path }) => path === "train.tokens"))
    throw new CambiumError("E_SWEEP", "the budget decides train.tokens", { hint: "vary another field" });
  const cells = sweepCells(plain, [axis, ...others]);
  const costs: number[] = [];
  for (const { recipe } of cells) costs.push(await perToken(recipe));
  return budgets.flatMap((budget) =>
    cells.map((cell, i): SweepCell => {
      const tokens = Math.max(1, Math.round(flopsOf(budget) / (costs[i] as number)));
      const { train } = cell.recipe;
      const name = `budget=${budget}+${cell.name}`;
      const recipe = checkRecipe(
        { ...cell.recipe, train: { ...train, tokens } },
        (path) => `${name}: ${path.join(".")}`,
      );
      return { name, settings: { budget, ...cell.settings }, recipe };
    }),
  );
}

/** The default values of a field. */
function gridOf(path: string, plain: unknown): SweepAxis {
  if (/^growth\.\d+\.at$/.test(path)) return { path, values: shares.map((share) => `{ share: ${share} }`) };
  let own = plain;
  for (const key of path.split(".")) own = (own as Record<string, unknown> | null | undefined)?.[key];
  if (typeof own !== "number")
    throw new CambiumError("E_SWEEP", "there are no values to vary the field over", {
      where: path,
      expected: "a field that is a number in the recipe, or FIELD=VALUE,VALUE",
      got: JSON.stringify(own) ?? "nothing",
    });
  const whole = Number.isInteger(own);
  const values = factors.map((factor) => (whole ? Math.max(1, Math.round(own * factor)) : own * factor));
  return { path, values: [...new Set(values)].map(String) };
}

function flopsOf(text: string): number {
  const flops = text.trim() === "" ? Number.NaN : Number(text);
  if (Number.isFinite(flops) && flops > 0) return flops;
  throw new CambiumError("E_OPTION", "--iso-flop does not fit", { expected: "FLOPs, as 3e13,1e14", got: text });
}
