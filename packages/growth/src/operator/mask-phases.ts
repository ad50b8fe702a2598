// Masks that open in phases: one growing axis after another, or all at once.
import type { Reason } from "@cambium/ir";
import type { Mask, ModelSpec } from "@cambium/model";
import * as z from "zod";
import { growsAlong, type MaskedAxis, maskedAxes, type NewLayerForm, newParts } from "./new-parts.js";
import type { WidthGrowth } from "./width.js";

/** The option of operators with masks. */
export const maskPhases = z
  .union([z.enum(["sequence", "together"]), z.array(z.enum(maskedAxes)).min(1).readonly()])
  .default("sequence")
  .describe("intermediate, hidden and heads open in turn, layers with the first; together; or an order of one's own");

type Phases = z.output<typeof maskPhases>;

/** The phase, counted from 0, in which each growing axis opens. */
export function phaseStarts(growth: WidthGrowth, order: Phases): [MaskedAxis, number][] {
  const growing = (typeof order === "string" ? maskedAxes : order).filter((axis) => growsAlong(growth, axis));
  return growing.map((axis, i) => {
    if (order === "together") return [axis, 0];
    return [axis, order === "sequence" && axis === "layers" ? 0 : i];
  });
}

/** The masks that shut what is new (`newParts`); each opens linearly in `tokens` training tokens, in its phase. */
export function openingMasks(
  growth: WidthGrowth & { readonly target: ModelSpec },
  { phases, form, tokens }: { readonly phases: Phases; readonly form: NewLayerForm; readonly tokens: number },
): Mask[] {
  const parts = newParts(growth, form);
  return phaseStarts(growth, phases).flatMap(([axis, phase]) =>
    parts[axis].map((part): Mask => ({ ...part, schedule: { kind: "linear", start: phase * tokens, tokens } })),
  );
}

/** Reasons why an order of phases does not fit a growth. */
export function phaseObjections(growth: WidthGrowth, order: Phases): Reason[] {
  if (typeof order === "string") return [];
  const left = maskedAxes.filter((axis) => growsAlong(growth, axis) && !order.includes(axis));
  const twice = order.filter((axis, i) => order.indexOf(axis) < i);
  return [
    ...left.map((got) => ({ where: "phases", message: "leave out what grows", got })),
    ...twice.map((got) => ({ where: "phases", message: "name this twice", got })),
  ];
}
