// Linear least squares with an intercept. Data that does not determine the coefficients is refused.
import { CambiumError, euclidean } from "@cambium/ir";
import { Matrix, SVD } from "ml-matrix";

export interface LinearFit {
  /** One per column of the rows. */
  readonly slopes: readonly number[];
  readonly intercept: number;
  /** Share of the variance explained; 1 if there is no variance. */
  readonly r2: number;
  /** y − fit, one per row. */
  readonly residuals: readonly number[];
}

/** Columns, scaled to length 1, count as dependent if a singular value is at most this. */
const rankTolerance = 1e-9;

/**
 * Fits y = Σ slopes·row + intercept. Columns are centred and scaled first: log10 N and 1 / log10 C vary by only a few
 * per cent around their means and would otherwise lose half their digits.
 * @throws CambiumError `E_SCALING_RANK` if the rows do not determine every coefficient
 */
export function linearFit(
  rows: readonly (readonly number[])[],
  y: readonly number[],
  names: readonly string[],
): LinearFit {
  const means = names.map((_, column) => mean(rows.map((row) => row[column] as number)));
  const yMean = mean(y);
  const centred = rows.map((row) => row.map((value, column) => value - (means[column] as number)));
  const scales = names.map((_, column) => euclidean(centred.map((row) => row[column] as number)));
  const flat = names.filter(
    (_, column) => (scales[column] as number) <= rankTolerance * Math.abs(means[column] as number),
  );
  if (rows.length <= names.length || flat.length > 0) {
    throw rankError(rows.length, names, flat.length > 0 ? `${flat.join(", ")} does not vary` : undefined);
  }
  const design = new Matrix(centred.map((row) => row.map((value, column) => value / (scales[column] as number))));
  const svd = new SVD(design);
  if (svd.diagonal.some((value) => value <= rankTolerance)) {
    throw rankError(rows.length, names, `${names.join(" and ")} vary together`);
  }
  const scaled = svd.solve(Matrix.columnVector(y.map((value) => value - yMean))).to1DArray();
  const slopes = scaled.map((value, column) => value / (scales[column] as number));
  const residuals = y.map((value, i) => value - yMean - dot(centred[i] as number[], slopes));
  const total = sumOfSquares(y.map((value) => value - yMean));
  return {
    slopes,
    intercept: yMean - dot(means, slopes),
    r2: total === 0 ? 1 : 1 - sumOfSquares(residuals) / total,
    residuals,
  };
}

function rankError(count: number, names: readonly string[], why: string | undefined): CambiumError {
  return new CambiumError("E_SCALING_RANK", "the points do not determine the fit", {
    expected: `at least ${names.length + 1} points in which ${names.join(" and ")} vary independently`,
    got: `${count} points${why === undefined ? "" : `; ${why}`}`,
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Σ x². */
export function sumOfSquares(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
}
