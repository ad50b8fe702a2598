// Which columns of a row each thread of a workgroup holds: `lane`, `lane` + threads, …
import type { DeviceTraits } from "../../lower/traits.js";
import { range } from "../range.js";
import type { Sizes } from "./node.js";

export class Columns {
  /** Threads of a workgroup, a power of two. */
  readonly threads: number;
  readonly #columns: number;

  constructor({ columns }: Sizes, { maxInvocations }: DeviceTraits) {
    this.threads = Math.min(256, maxInvocations, 2 ** Math.ceil(Math.log2(Math.max(columns, 32))));
    this.#columns = columns;
  }

  /**
   * Statements for each column of a thread: its index `i`, at `column`. `guard` precedes a block that needs the column
   * to exist.
   */
  each(statements: (i: number, column: string, guard: string) => readonly string[]): string[] {
    return range(Math.ceil(this.#columns / this.threads)).flatMap((i) => {
      const from = i * this.threads;
      const guard = from + this.threads <= this.#columns ? "" : `if (lane + ${from}u < ${this.#columns}u)`;
      return statements(i, i === 0 ? "lane" : `(lane + ${from}u)`, guard);
    });
  }
}
