// The lists of indices and factors in expressions. They are long, and the tensors of all layers share them: each is sent
// to a thread once, and a number stands in its place.
import type { Typed } from "@cambium/growth";

/** Lists by their numbers. */
export type NumberedLists = ReadonlyMap<number, readonly number[]>;

/** Numbers the lists that one thread gets. */
export class ListNumbers {
  readonly #numbers = new Map<readonly number[], number>();

  /** `typed` with numbers for lists, and the lists that are new. */
  numbered(typed: Typed): { readonly typed: Typed; readonly lists: NumberedLists } {
    const lists = new Map<number, readonly number[]>();
    const numberOf = (list: readonly number[]) => {
      const known = this.#numbers.get(list);
      if (known !== undefined) return [known];
      const number = this.#numbers.size;
      this.#numbers.set(list, number);
      lists.set(number, list);
      return [number];
    };
    return { typed: withLists(typed, numberOf), lists };
  }
}

/** What `numbered` was given. @param lists all that came with it and before */
export function listed(typed: Typed, lists: NumberedLists): Typed {
  return withLists(typed, ([number]) => lists.get(number as number) as readonly number[]);
}

/** `typed` with other lists in its takes. */
function withLists(typed: Typed, other: (list: readonly number[]) => readonly number[]): Typed {
  const inside = (part: Typed) => withLists(part, other);
  switch (typed.kind) {
    case "take": {
      const { of, indices, factors, elements } = typed;
      const lists = { indices: other(indices), factors: factors && other(factors) };
      return { ...typed, ...lists, of: inside(of), elements: elements && inside(elements) };
    }
    case "concat":
      return { ...typed, parts: typed.parts.map(inside) };
    case "linear":
      return { ...typed, terms: typed.terms.map(inside) };
    case "matmul":
      return { ...typed, left: inside(typed.left), right: inside(typed.right) };
    case "given":
      return { ...typed, start: inside(typed.start) };
    default:
      return typed;
  }
}
