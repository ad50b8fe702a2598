// The cases of the part `contract`: handles, errors, ownership, order.
import type { ConformanceCase } from "../case.js";
import { valuesOf } from "../values.js";
import { closingCases } from "./closing-cases.js";
import { deviceCases } from "./device-cases.js";
import { executableCases } from "./executable-cases.js";
import { fixedCases } from "./fixed-cases.js";
import { flowCases } from "./flow-cases.js";
import { inputCases } from "./input-cases.js";
import { outputCases } from "./output-cases.js";
import { stateCases } from "./state-cases.js";
import { tensorCases } from "./tensor-cases.js";
import { updateCases } from "./update-cases.js";

/** @param computed whether the device computes and stores values; the null device does not. */
export function contractCases(computed: boolean): ConformanceCase[] {
  const values = valuesOf(computed);
  return [
    ...deviceCases(),
    ...tensorCases(values),
    ...inputCases(values),
    ...stateCases(values),
    ...updateCases(values),
    ...outputCases(values),
    ...executableCases(values),
    ...fixedCases(values),
    ...flowCases(values),
    ...closingCases(values),
  ];
}
