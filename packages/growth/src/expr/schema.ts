// The JSON form of plan expressions: a schema for exactly the types of expr.ts.
import { usualAxes } from "@cambium/model";
import * as z from "zod";
import type { Expr, ExprKind } from "./expr.js";

export const axisName = z.enum(usualAxes);

const shape = z.array(z.int().nonnegative()).min(1).readonly();
const number = z.number();
const axis = z.union([axisName, z.int().nonnegative()]);

const normal = z.strictObject({
  ...{ kind: z.literal("normal"), shape, std: number.nonnegative(), seed: z.string() },
  initial: z.literal(true).exactOptional(),
});

/** Expressions in which a list of indices or factors may be `{ list: i }`, the i-th of `lists`. */
export function exprSchema(lists: readonly (readonly number[])[] = []): z.ZodType<Expr> {
  const place = z.strictObject({ list: z.int() });
  const listed = <T>(value: T | { list: number }, context: z.core.$RefinementCtx): T | readonly number[] => {
    if (typeof value !== "object" || value === null || !("list" in value)) return value as T;
    const found = lists[value.list];
    if (!found) context.addIssue({ code: "custom", message: `there is no list ${value.list}` });
    return found ?? [];
  };
  const expr: z.ZodType<Expr> = z.lazy(() => z.discriminatedUnion("kind", Object.values(kinds) as never));
  const exprs = z.array(expr).min(1).readonly();
  const kinds = {
    copy: z.strictObject({ kind: z.literal("copy"), source: z.string() }),
    take: z.strictObject({
      kind: z.literal("take"),
      of: expr,
      axis,
      indices: z.union([z.array(z.int().min(-1)).min(1).readonly(), place]).transform(listed),
      scale: z
        .union([number, z.array(number).readonly(), place, expr])
        .transform(listed)
        .exactOptional(),
    }),
    concat: z.strictObject({ kind: z.literal("concat"), axis, parts: exprs }),
    zeros: z.strictObject({ kind: z.literal("zeros"), shape }),
    const: z.strictObject({ kind: z.literal("const"), shape, value: number }),
    normal,
    scale: z.strictObject({ kind: z.literal("scale"), of: expr, by: number }),
    sum: z.strictObject({ kind: z.literal("sum"), terms: exprs }),
    affine: z.strictObject({ kind: z.literal("affine"), a: number, x: expr, b: number, y: expr }),
    matmul: z.strictObject({
      kind: z.literal("matmul"),
      left: expr,
      right: expr,
      transposeLeft: z.boolean().exactOptional(),
      transposeRight: z.boolean().exactOptional(),
    }),
    given: z.strictObject({
      kind: z.literal("given"),
      name: z.string(),
      shape,
      by: z.discriminatedUnion("kind", [
        z.strictObject({ kind: z.literal("fit"), init: expr, steps: z.int().positive(), lr: z.number().positive() }),
        z.discriminatedUnion("what", [
          z.strictObject({
            kind: z.literal("measure"),
            what: z.enum(["gradient", "activation"]),
            of: z.string(),
            tokens: z.int().positive(),
          }),
          z.strictObject({
            kind: z.literal("measure"),
            what: z.literal("steepest"),
            of: z.string(),
            from: z.string(),
            gate: normal,
            scale: z.number().positive(),
            tokens: z.int().positive(),
          }),
        ]),
      ]),
    }),
  } satisfies { readonly [K in ExprKind]: z.ZodType<Extract<Expr, { kind: K }>> };
  return expr;
}
