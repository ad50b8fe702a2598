// Standard errors and leverages of a least-squares fit, from its Jacobian.
import { highest, lowest } from "@cambium/ir";
import { inverse, Matrix, QrDecomposition } from "ml-matrix";

export interface Spread {
  /** (JᵀJ)⁻¹; undefined if the points do not determine the parameters. */
  readonly inverse: Matrix | undefined;
  /** hᵢ = Jᵢ (JᵀJ)⁻¹ Jᵢᵀ of each point. */
  readonly leverages: readonly number[];
}

/** @param rows the Jacobian J: each point's derivatives by the parameters */
export function spreadOf(rows: readonly (readonly number[])[]): Spread {
  const jacobian = new Matrix(rows.map((row) => [...row]));
  const { orthogonalMatrix, upperTriangularMatrix } = new QrDecomposition(jacobian);
  const diagonal = upperTriangularMatrix.diagonal().map(Math.abs);
  if (!(lowest(diagonal) > 1e-10 * highest(diagonal))) return { inverse: undefined, leverages: rows.map(() => 0) };
  const root = inverse(upperTriangularMatrix);
  return {
    inverse: root.mmul(root.transpose()),
    leverages: orthogonalMatrix.to2DArray().map((row) => row.reduce((sum, value) => sum + value * value, 0)),
  };
}

/** √(gᵀ V g · σ²): the standard error of a quantity with this gradient by the parameters. */
export function errorOf(gradient: readonly number[], { inverse: variance }: Spread, sigma: number): number {
  if (variance === undefined) return Number.NaN;
  const g = Matrix.columnVector([...gradient]);
  return sigma * Math.sqrt(Math.max(0, g.transpose().mmul(variance).mmul(g).get(0, 0)));
}
