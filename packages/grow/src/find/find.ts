// Finds what a plan declares (`given`): measurements first, then one fit of everything that is fitted.
import { type Given, type GrowthPlan, givenOf } from "@cambium/growth";
import type { HostTensor } from "@cambium/ir";
import { type Fitted, type Fitting, fitting, runFitting } from "./fit.js";
import { type FindCost, type Found, type Lab, type Reading, readingCost } from "./lab.js";
import { type Measurement, measurements, runMeasurement } from "./measure.js";
import type { Measured } from "./product.js";

type Sizes = Pick<Lab, "batch" | "context">;

/** What `find` will read and compute; zero for a plan that declares nothing. */
export function findCost(plan: GrowthPlan, sizes: Sizes): FindCost {
  return readingCost(readings(plan, sizes), sizes.batch * sizes.context);
}

/**
 * Finds every tensor that `plan` declares, first measurements, then fits; each continues reading where the previous one
 * stopped. The same plan, parameters and batches give the same bits on the same device.
 * @throws CambiumError `E_GROWTH_FIND`, and from the device.
 */
export async function find(plan: GrowthPlan, lab: Lab): Promise<Found> {
  const { measured, fitted } = work(plan, lab);
  let tensors: Readonly<Record<string, HostTensor>> = {};
  let first = 0;
  for (const one of measured) {
    tensors = { ...tensors, ...(await runMeasurement(one, first, lab)) };
    first += one.batches;
  }
  if (fitted) tensors = { ...tensors, ...(await runFitting(plan, fitted, tensors, first, lab)) };
  return { tensors, ...findCost(plan, lab) };
}

function work(plan: GrowthPlan, sizes: Sizes): { measured: readonly Measurement[]; fitted: Fitting | undefined } {
  const given = givenOf(plan.tensors);
  const fits = given.filter((one: Given): one is Fitted => one.by.kind === "fit");
  const measured = given.filter((one: Given): one is Measured => one.by.kind === "measure");
  return {
    measured: measurements(plan, measured, sizes),
    fitted: fits.length > 0 ? fitting(plan, fits, sizes) : undefined,
  };
}

function readings(plan: GrowthPlan, sizes: Sizes): readonly Reading[] {
  const { measured, fitted } = work(plan, sizes);
  return [...measured, ...(fitted ? [fitted] : [])];
}
