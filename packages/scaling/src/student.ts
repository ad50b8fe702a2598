/// <reference path="./jstat.d.ts" />
// Quantiles of Student's t.
import jstat from "jstat";

/** The quantile of Student's t at `probability`. @param freedom degrees of freedom, which need not be whole */
export function studentQuantile(probability: number, freedom: number): number {
  return jstat.studentt.inv(probability, freedom);
}
