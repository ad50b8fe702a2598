// Defines a learning-rate schedule: its name, its own options, and its decay from the peak to the floor.
import { CambiumError, type Reason } from "@cambium/ir";
import { z } from "zod";

/** The range in which a schedule decays, in tokens from its own beginning. */
export interface Span {
  /** End of the warm-up. */
  readonly warmup: number;
  /** Tokens at which the floor is reached; infinite for a schedule that does not end. */
  readonly total: number;
}

export interface ScheduleDefinition<Shape extends z.ZodRawShape> {
  readonly name: string;
  /** For help texts, without a full stop. */
  readonly summary: string;
  /** Its own options. Numbers are counts of tokens, as `quantity`: a recipe that is scaled scales them. */
  readonly options: z.ZodObject<Shape>;
  /** Whether it decays; one that does not stays at the peak and takes neither floor nor total. */
  readonly ends: boolean;
  /**
   * The fraction of the decay from peak to floor, in [0, 1], that is done after `tokens` tokens of the schedule. Called
   * only from the end of the warm-up on, also past the total.
   */
  fallen(span: Span, options: z.output<z.ZodObject<Shape>>): (tokens: number) => number;
  /** What is wrong with options of the right types. */
  reasons?(span: Span, options: z.output<z.ZodObject<Shape>>): readonly Reason[];
}

/** A definition whose options are checked when it is used: one table can hold schedules of all kinds. */
export interface ScheduleKind<Shape extends z.ZodRawShape = z.ZodRawShape> {
  readonly name: string;
  readonly summary: string;
  readonly options: z.ZodObject<Shape>;
  readonly ends: boolean;
  /** @throws CambiumError `E_SCHEDULE` for options that it does not take. */
  fallen(span: Span, options: unknown): (tokens: number) => number;
  /** Everything that is wrong with `options`. */
  reasons(span: Span, options: unknown): readonly Reason[];
}

export function defineSchedule<Shape extends z.ZodRawShape>(
  definition: ScheduleDefinition<Shape>,
): ScheduleKind<Shape> {
  const { name, summary, options, ends } = definition;
  const formed = (given: unknown) => {
    const result = options.safeParse(given);
    if (result.success) return result.data;
    const reasons = result.error.issues.map(({ path, message }) => ({ where: path.join("."), message }));
    throw new CambiumError("E_SCHEDULE", `the schedule ${name} does not take these options`, { reasons });
  };
  return {
    ...{ name, summary, options, ends },
    fallen: (span, given) => definition.fallen(span, formed(given)),
    reasons: (span, given) => definition.reasons?.(span, formed(given)) ?? [],
  };
}

/** The fraction of the way from `start` to `end`, in [0, 1]; exactly 0 and 1 at the ends. */
export function along(tokens: number, start: number, end: number): number {
  return tokens <= start ? 0 : Math.min(1, (tokens - start) / (end - start));
}

/** For schedules without options of their own. */
export const noOptions = z.strictObject({});
