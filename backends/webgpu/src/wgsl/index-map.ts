// Index: where an element is in a tensor, as WGSL expressions. The flat and per-axis forms are derived from each other
// on demand.
import { numel, strides } from "@cambium/ir";

/** Gives names to WGSL expressions that are used more than once; implemented by `Code`. */
export interface Definer {
  /** Returns a name for the expression, or the expression itself if it is a name or literal already. */
  define(expression: string): string;
}

/** The place of one element in a row-major tensor of `shape`. At least one of `flat` and `coords` is given. */
export class Index {
  readonly shape: readonly number[];
  #flat: string | undefined;
  #coords: readonly string[] | undefined;

  private constructor(shape: readonly number[], flat?: string, coords?: readonly string[]) {
    this.shape = shape;
    this.#flat = numel(shape) === 1 ? "0u" : flat;
    this.#coords = coords?.map((coord, axis) => (shape[axis] === 1 ? "0u" : coord));
  }

  static flat(shape: readonly number[], flat: string): Index {
    return new Index(shape, flat);
  }

  /** One u32 expression per axis. */
  static at(shape: readonly number[], coords: readonly string[]): Index {
    return new Index(shape, undefined, coords);
  }

  /** Two indices of one shape with equal keys are the same place. */
  get key(): string {
    return this.#flat ?? `${this.#coords?.join(";")}`;
  }

  flat(code: Definer): string {
    if (this.#flat === undefined) {
      const steps = strides(this.shape);
      const terms = (this.#coords ?? []).flatMap((coord, axis) => {
        const term = times(coord, steps[axis] as number);
        return term === "0u" ? [] : [term];
      });
      this.#flat =
        terms.length === 0 ? "0u" : terms.length === 1 ? (terms[0] as string) : code.define(terms.join(" + "));
    }
    return this.#flat;
  }

  coords(code: Definer): readonly string[] {
    if (this.#coords === undefined) {
      const flat = this.flat(code);
      const steps = strides(this.shape);
      const outermost = this.shape.findIndex((size) => size > 1);
      this.#coords = this.shape.map((size, axis) => {
        if (size === 1) return "0u";
        const whole = steps[axis] === 1 ? flat : `(${flat} / ${steps[axis]}u)`;
        return axis === outermost ? code.define(whole) : code.define(`${whole} % ${size}u`);
      });
    }
    return this.#coords;
  }

  /** The same element under another shape with the same number of elements. */
  reshape(shape: readonly number[], code: Definer): Index {
    return same(shape, this.shape) ? this : Index.flat(shape, this.flat(code));
  }

  /** The place that is read in a tensor of `shape` when it is broadcast to this index's shape. */
  stretched(shape: readonly number[], code: Definer): Index {
    if (same(shape, this.shape)) return this;
    if (numel(shape) === 1) return Index.flat(shape, "0u");
    const skip = this.shape.length - shape.length;
    if (numel(shape) === numel(this.shape)) return this.reshape(shape, code);
    return Index.at(shape, this.coords(code).slice(skip));
  }
}

export function same(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** `expr` times a constant, simplified. */
export function times(expr: string, factor: number): string {
  return expr === "0u" || factor === 0 ? "0u" : factor === 1 ? expr : `${expr} * ${factor}u`;
}

/** `expr` plus a constant, simplified. */
export function plus(expr: string, term: number): string {
  if (term === 0) return expr;
  return expr === "0u" ? `${term}u` : `(${expr} + ${term}u)`;
}
