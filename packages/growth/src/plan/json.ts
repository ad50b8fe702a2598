// The JSON form of a plan: the plan itself, with each longer list written once. Reading it back checks the form, then
// that the plan is consistent.
import { CambiumError } from "@cambium/ir";
import {
  builtInFamily,
  type FamilyResolver,
  type ModelSpec,
  modelJson,
  type Phase,
  parseModelSpec,
} from "@cambium/model";
import * as z from "zod";
import type { Expr } from "../expr/expr.js";
import { axisName, exprSchema } from "../expr/schema.js";
import { isExpr, mapParts } from "../expr/walk.js";
import { checkPlan } from "./check.js";
import { type GrowthPlan, growthContractVersion } from "./plan.js";

const modelSchema = (resolve: FamilyResolver) =>
  z.unknown().transform((given, context): ModelSpec => {
    try {
      return parseModelSpec(given, resolve);
    } catch (error) {
      if (!(error instanceof CambiumError)) throw error;
      for (const { where, message } of error.details.reasons ?? [{ message: error.message, where: undefined }]) {
        context.addIssue({ code: "custom", message, path: where === undefined ? [] : [where] });
      }
      return z.NEVER;
    }
  });

const names = z.array(z.string()).readonly();
const index = z.int().nonnegative();

/** The JSON form of a phase. */
export const phaseSchema: z.ZodType<Phase> = z.strictObject({
  frozen: names,
  masks: z
    .array(
      z.strictObject({
        tensors: names,
        axis: axisName,
        range: z.tuple([index, index]).readonly(),
        schedule: z.discriminatedUnion("kind", [
          z.strictObject({
            kind: z.literal("linear"),
            start: z.number().nonnegative(),
            tokens: z.number().positive(),
          }),
          z.strictObject({ kind: z.literal("const"), value: z.number().min(0).max(1) }),
        ]),
      }),
    )
    .readonly(),
  lrMultipliers: z.record(z.string(), z.number()),
  groups: z
    .array(
      z.strictObject({
        parameters: names,
        lr: z.number().nonnegative(),
        warmup: z.number().nonnegative(),
        decay: z.boolean(),
      }),
    )
    .readonly()
    .exactOptional(),
  submodels: z
    .strictObject({
      depths: z.array(index).min(1).readonly(),
      top: z.int().positive().exactOptional(),
      tokens: z.number().positive(),
    })
    .exactOptional(),
});

type Lists = readonly (readonly number[])[];

const planSchema = (lists: Lists, resolve: FamilyResolver): z.ZodType<GrowthPlan> =>
  z.strictObject({
    contract: z.literal(
      growthContractVersion,
      `made for another version of the growth contract; this one is ${growthContractVersion}`,
    ),
    operator: z.strictObject({ name: z.string(), version: z.string(), options: z.record(z.string(), z.json()) }),
    base: modelSchema(resolve),
    target: modelSchema(resolve),
    tensors: z.record(z.string(), exprSchema(lists)),
    dropped: names,
    optimizer: z.strictObject({ moments: z.record(z.string(), exprSchema(lists)) }),
    phase: phaseSchema,
    claims: z.strictObject({
      functionPreserving: z.enum(["exact", "exact-if-eps-scaled", "at-mask-0", "no"]),
      deadParams: names.exactOptional(),
    }),
  });

const withLists = z.looseObject({ lists: z.array(z.array(z.number()).min(1).readonly()).readonly().default([]) });

/** The number of entries from which a list gets a place in `lists`. */
const long = 16;

/**
 * `plan` as an object for `JSON.stringify`. Each distinct long list stands once in `lists`; tensors refer to it by
 * `{ list: i }`.
 */
export function planJson(plan: GrowthPlan): object {
  const lists: (readonly number[])[] = [];
  const places = new Map<string | readonly number[], number>();
  const placed = (list: readonly number[]): unknown => {
    if (list.length < long) return list;
    const known = places.get(list) ?? places.get(list.join());
    const place = known ?? lists.push(list) - 1;
    if (known === undefined) places.set(list.join(), place);
    places.set(list, place);
    return { list: place };
  };
  const packed = (expr: Expr): Expr => {
    const parts = mapParts(expr, packed);
    if (parts.kind !== "take") return parts;
    const { indices, scale } = parts;
    const factors = typeof scale === "object" && !isExpr(scale) && { scale: placed(scale) };
    return { ...parts, indices: placed(indices), ...factors } as Expr;
  };
  const all = (exprs: Readonly<Record<string, Expr>>) =>
    Object.fromEntries(Object.entries(exprs).map(([name, expr]) => [name, packed(expr)]));
  const { base, target } = plan;
  const models = { base: modelJson(base), target: modelJson(target) };
  const json = { ...plan, ...models, tensors: all(plan.tensors), optimizer: { moments: all(plan.optimizer.moments) } };
  return lists.length > 0 ? { ...json, lists } : json;
}

/**
 * Reads a plan back from JSON, e.g. from `growth.json`.
 * @param resolve finds the families of base and target; default: the built-in ones.
 * @throws CambiumError `E_GROWTH_PLAN` with every reason why it is not a plan, or not a consistent one.
 */
export function parsePlan(json: unknown, resolve: FamilyResolver = builtInFamily): GrowthPlan {
  if (isDeeper(json, mostLevels)) {
    const expected = `at most ${mostLevels} levels of nesting`;
    throw new CambiumError("E_GROWTH_PLAN", "this is not a growth plan", { expected, got: "more" });
  }
  const { lists, ...plain } = formed(withLists.safeParse(json));
  const plan = formed(planSchema(lists, resolve).safeParse(plain));
  checkPlan(plan);
  return plan;
}

/**
 * The most levels of nesting. Operators nest expressions less than ten levels deep, and composed plans add theirs up.
 * The checks are recursive and overflow the stack at some thousands.
 */
const mostLevels = 500;

function isDeeper(json: unknown, levels: number): boolean {
  let inside: readonly unknown[] = [json];
  for (let level = 0; level <= levels && inside.length > 0; level++)
    inside = inside.flatMap((one) =>
      typeof one === "object" && one !== null ? Object.values(one).filter((part) => typeof part === "object") : [],
    );
  return inside.length > 0;
}

function formed<T>({ data, error }: z.ZodSafeParseResult<T>): T {
  if (!error) return data;
  const reasons = error.issues.map(({ path, message }) => ({ where: path.join(" / ") || "the plan", message }));
  throw new CambiumError("E_GROWTH_PLAN", "this is not a growth plan", { reasons });
}
