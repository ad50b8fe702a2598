// What a number among an operator's options counts: who makes a growth smaller makes that number smaller too.
import * as z from "zod";
import type { Operator } from "./operator.js";
import type { WidthAxis } from "./width-axes.js";

/** Training tokens, optimizer steps, or what stands along an axis of the model after growth. */
export type Counted = "tokens" | "steps" | WidthAxis;

/** `schema`, an option of an operator, which counts `what`. To be called last, after default and description. */
export function counting<Schema extends z.ZodType>(schema: Schema, what: Counted): Schema {
  return schema.meta({ counts: what });
}

export interface CountedOption {
  readonly counts: Counted;
  /** What it is if it is not given. */
  readonly default?: number;
}

/** The options that count something, by name. */
export function countedOptions({ options }: Pick<Operator, "options">): Readonly<Record<string, CountedOption>> {
  const { properties = {} } = z.toJSONSchema(options, { io: "input", unrepresentable: "any" });
  const counted = Object.entries(properties as Record<string, Partial<CountedOption>>).flatMap(
    ([name, { counts, default: usual }]) =>
      counts === undefined ? [] : [[name, { counts, ...(usual !== undefined && { default: usual }) }] as const],
  );
  return Object.fromEntries(counted);
}
