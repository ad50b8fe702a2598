// A stage as JSON. With its parent's snapshot it is all that one machine hands to another.
import { optimizerPolicies, parsePlan, phaseSchema, planJson } from "@cambium/growth";
import { CambiumError } from "@cambium/ir";
import { builtInFamily, type FamilyResolver, modelJson, parseModelSpec } from "@cambium/model";
import { type ScheduleName, type ScheduleOptions, scheduleNames } from "@cambium/train";
import { z } from "zod";
import { count } from "../schema/scalars.js";
import { objectOf } from "./object-of.js";
import { settingsFields } from "./settings.js";
import type { ProbeRule, SlopeRule, Stage, StageDistillation, StageStart } from "./stage.js";

/** Raise it when the meaning of a stage's JSON changes. */
const stageVersion = 1;

const text = z.string();
const number = z.number();

/** A schema from a function that throws CambiumErrors. */
function read<Input, Output>(schema: z.ZodType<Input>, parse: (given: Input) => Output) {
  return schema.transform((given, context): Output => {
    try {
      return parse(given);
    } catch (error) {
      if (!(error instanceof CambiumError)) throw error;
      const { reasons = [{ message: error.message }] } = error.details;
      for (const { where, message } of reasons) {
        context.addIssue({ code: "custom", message: where === undefined ? message : `${where}: ${message}` });
      }
      return z.NEVER;
    }
  });
}

const model = (resolve: FamilyResolver) => read(z.unknown(), (given) => parseModelSpec(given, resolve));

type Start<Kind> = Extract<StageStart, { readonly kind: Kind }>;

const start = (resolve: FamilyResolver) =>
  z.discriminatedUnion("kind", [
    objectOf<Start<"init">>()({ kind: z.literal("init"), seed: text, scheme: z.enum(["paper", "hf"]) }),
    objectOf<Start<"checkpoint">>()({ kind: z.literal("checkpoint"), path: text, fingerprint: text }),
    objectOf<Start<"growth">>()({
      kind: z.literal("growth"),
      parent: z.strictObject({ id: text, tokens: count }),
      plan: read(z.looseObject({}), (given) => parsePlan(given, resolve)),
      moments: z.enum(optimizerPolicies),
      find: z.strictObject({ tokens: count, flops: number.nonnegative() }).exactOptional(),
      probed: z.strictObject({ count, flops: number.nonnegative() }).exactOptional(),
    }),
  ]);

const until = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("tokens"), tokens: count }),
  objectOf<SlopeRule>()({
    kind: z.literal("slope"),
    threshold: number,
    window: count.min(3),
    least: number.nonnegative(),
    most: count,
    flopsBefore: number.nonnegative(),
  }),
  objectOf<ProbeRule>()({
    kind: z.literal("probe"),
    every: count,
    least: number.nonnegative(),
    most: count,
    budget: count,
    window: count.min(3),
    flopsBefore: number.nonnegative(),
    trial: text,
  }),
]);

const schedule = objectOf<ScheduleOptions>()({
  name: z.enum(scheduleNames as [ScheduleName, ...ScheduleName[]]),
  options: z.record(z.string(), z.json()).exactOptional(),
  peak: number,
  warmup: number.exactOptional(),
  floor: number.exactOptional(),
  total: number.exactOptional(),
  position: number.exactOptional(),
  rewarm: number.exactOptional(),
});

const distill = (resolve: FamilyResolver) =>
  objectOf<StageDistillation>()({
    teacher: model(resolve),
    weight: number.gt(0).max(1),
    temperature: number.positive(),
    from: z.discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("checkpoint"), path: text, fingerprint: text }),
      z.strictObject({ kind: z.literal("parent") }),
    ]),
  });

const stage = (resolve: FamilyResolver) =>
  objectOf<Stage & { readonly version: typeof stageVersion }>()({
    ...settingsFields,
    version: z.literal(stageVersion),
    name: text,
    model: model(resolve),
    start: start(resolve),
    phase: phaseSchema,
    data: objectOf<Stage["data"]>()({ content: text, position: number.int().nonnegative() }),
    schedule,
    until,
    distill: distill(resolve).exactOptional(),
    device: text,
    engine: z
      .strictObject({ name: text, options: z.record(text, z.union([text, number, z.boolean()])) })
      .exactOptional(),
  });

/** `stage` as plain data for `JSON.stringify`. */
export function stageJson({ model: spec, start: begins, distill: taught, ...rest }: Stage): object {
  const learned = taught && { distill: { ...taught, teacher: modelJson(taught.teacher) } };
  const written = begins.kind === "growth" ? { ...begins, plan: planJson(begins.plan) } : begins;
  return { version: stageVersion, ...rest, ...learned, model: modelJson(spec), start: written };
}

/**
 * A stage read back.
 * @param resolve finds the families of models. Default: those of @cambium/model
 * @throws CambiumError `E_STAGE` naming every field that is wrong.
 */
export function parseStage(json: unknown, resolve: FamilyResolver = builtInFamily): Stage {
  const { data, error } = stage(resolve).safeParse(json);
  if (data) {
    const { version: _, ...read } = data;
    return read;
  }
  const reasons = error.issues.map(({ path, message }) => ({ where: path.join(".") || "the stage", message }));
  throw new CambiumError("E_STAGE", "this is not a stage that this version can train", { reasons });
}
