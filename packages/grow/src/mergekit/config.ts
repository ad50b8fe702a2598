// mergekit's configuration file, as far as a growth can carry it out: passthrough of one model's layers.
import { CambiumError, type Reason } from "@cambium/ir";
import type { FloatDType } from "@cambium/model";
import { parseDocument } from "yaml";
import * as z from "zod";

/** A number, including one that YAML 1.1 reads as text: 1e-1. */
const number = z.union([z.number(), z.string().regex(/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i)]);
const value = z.union([number, z.array(number).min(1).readonly()]);
const conditional = z.strictObject({ value, filter: z.string().nullish() });
const setting = z.union([value, conditional, z.array(conditional).min(1).readonly()]);
const parameters = z.strictObject({ scale: setting.nullish() }).nullish();
const model = z.string().min(1);
const layer = z.int().nonnegative();
const dtypes = { float32: "f32", float16: "f16", bfloat16: "bf16" } as const satisfies Record<string, FloatDType>;
const dtype = z.enum(Object.keys(dtypes) as (keyof typeof dtypes)[]).nullish();

const source = z.strictObject({ model, layer_range: z.tuple([layer, layer]).readonly(), parameters });
const slice = z.strictObject({
  sources: z.array(source).length(1, "one source for each slice: a growth has one model").readonly(),
  base_model: model.nullish(),
  parameters,
});

/** What a growth of one model can do. The schema is strict, so anything else that mergekit accepts is refused. */
export const passthroughSchema = z.strictObject({
  merge_method: z.literal("passthrough"),
  slices: z.array(slice).min(1).readonly(),
  base_model: model.nullish(),
  parameters,
  dtype,
  out_dtype: dtype,
});

/** A number, numbers to interpolate from a slice's first layer to its last, or such values by tensor name. */
export type Setting = z.output<typeof setting>;
export type Passthrough = z.output<typeof passthroughSchema>;

/** The scopes of settings that count for a slice, the nearest first. */
export type Scopes = readonly (Setting | null | undefined)[];

/**
 * The configuration in `text`.
 * @param where names the file in errors
 * @throws CambiumError `E_MERGEKIT` naming everything in it that a growth of one model cannot do, with its place
 */
export function parseMergekit(text: string, where: string): Passthrough {
  const { data, error } = passthroughSchema.safeParse(plainOf(text, where));
  if (!data) {
    throw unfit(
      where,
      error.issues.flatMap((issue) => issueReasons(issue)),
    );
  }
  const models = new Set([
    ...data.slices.flatMap(({ sources, base_model: base }) => [...sources.map(({ model }) => model), base]),
    data.base_model,
  ]);
  const reasons: Reason[] = [];
  const named = [...models].filter((name) => typeof name === "string");
  if (named.length > 1) {
    const message = "names several models: a growth has one";
    reasons.push({ where: "model", message, expected: named[0] as string, got: named.slice(1).join(", ") });
  }
  if (data.dtype && data.dtype !== "float32" && data.out_dtype && data.out_dtype !== data.dtype) {
    const message = "a second rounding that a growth does not do";
    reasons.push({ where: "out_dtype", message, expected: `${data.dtype}, or no dtype`, got: data.out_dtype });
  }
  for (const [i, { sources }] of data.slices.entries()) {
    const empty = sources.find(({ layer_range: [start, end] }) => start >= end);
    if (!empty) continue;
    reasons.push({ where: `slices.${i}.sources.0.layer_range`, message: "is empty", got: `[${empty.layer_range}]` });
  }
  if (reasons.length > 0) throw unfit(where, reasons);
  return data;
}

/** The YAML's data. The parser records errors but may also throw: at aliases, or when its stack overflows. */
function plainOf(text: string, where: string): unknown {
  const broken = (message: string): Reason => ({ message: message.split("\n")[0] as string });
  try {
    const document = parseDocument(text, { version: "1.1", logLevel: "error" });
    if (document.errors.length > 0) {
      throw unfit(
        where,
        document.errors.map(({ message }) => broken(message)),
      );
    }
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    if (error instanceof CambiumError) throw error;
    throw unfit(where, [broken((error as Error).message)]);
  }
}

/** The one model that a checked configuration names, as it names it. */
export function modelOf({ slices }: Passthrough): string {
  return slices[0]?.sources[0]?.model as string;
}

/** The dtypes in which a checked configuration reads float tensors before scaling, and stores them after. */
export function dtypesOf({ dtype, out_dtype: out = dtype }: Passthrough): {
  readonly readAs?: FloatDType;
  readonly dtype?: FloatDType;
} {
  return { ...(dtype && { readAs: dtypes[dtype] }), ...(out && { dtype: dtypes[out] }) };
}

/**
 * What `scopes` set for the tensor `name`, at the fraction `t` of its slice; undefined if nothing is set.
 * Filters are parts of the source tensor's name, `*` is any; within a scope the first that fits counts.
 */
export function settingFor(scopes: Scopes, name: string, t: number): number | undefined {
  for (const scope of scopes) {
    if (scope === null || scope === undefined) continue;
    const found = isConditional(scope)
      ? [scope].flat().find(({ filter }) => !filter || filter === "*" || name.includes(filter))?.value
      : scope;
    if (found !== undefined) return between(found, t);
  }
  return undefined;
}

type Value = z.output<typeof value>;
type Conditional = z.output<typeof conditional>;

function isConditional(setting: Setting): setting is Conditional | readonly Conditional[] {
  const [first] = [setting].flat();
  return typeof first === "object";
}

/** Linear between neighbours, with mergekit's order of operations. */
function between(found: Value, t: number): number {
  if (typeof found !== "object") return Number(found);
  const scaled = t * (found.length - 1);
  const low = Math.floor(scaled);
  const high = Math.min(found.length - 1, low + 1);
  const share = scaled - low;
  return (1 - share) * Number(found[low]) + share * Number(found[high]);
}

function issueReasons(issue: z.core.$ZodIssue, above: readonly PropertyKey[] = []): Reason[] {
  const path = [...above, ...issue.path];
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({ where: [...path, key].join("."), message: "is nothing that a growth can do" }));
  return [{ where: path.join("."), message: issue.message }];
}

function unfit(where: string, reasons: readonly Reason[]): CambiumError {
  const hint = "a growth does mergekit's passthrough of one model: slices, layer_range, scale, dtype";
  return new CambiumError("E_MERGEKIT", "this mergekit file is not a growth", { where, hint, reasons });
}
