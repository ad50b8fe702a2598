// Rows of a head as vectors of four, on software adapters: how they are read and stored, by each lane or by all of
// them.
import type { Value } from "@cambium/ir";
import type { DeviceTraits } from "../../../lower/traits.js";
import type { KernelIo } from "../../../wgsl/kernel.js";
import { range } from "../../range.js";

export class Vectors {
  readonly #headDim: number;
  readonly #subgroups: boolean;
  readonly #io: KernelIo;

  constructor(headDim: number, { subgroups }: DeviceTraits, io: KernelIo) {
    this.#headDim = headDim;
    this.#subgroups = subgroups;
    this.#io = io;
  }

  /** Vectors of a row; the last is filled up with zeros. */
  get count(): number {
    return Math.ceil(this.#headDim / 4);
  }

  /**
   * WGSL of vector `c`, an expression, of the row that begins at element `base`. Each lane may read a row of its own.
   */
  load(value: Value, base: string, c: string): string {
    const headDim = this.#headDim;
    if (headDim % 4 === 0) return this.#io.load4(value, `(${base}) / 4u + ${c}`);
    const elements = range(4).map((i) => {
      const d = `4u * ${c} + ${i}u`;
      return `select(0f, ${this.#io.load(value, `${base} + min(${d}, ${headDim - 1}u)`)}, ${d} < ${headDim}u)`;
    });
    return `vec4f(${elements.join(", ")})`;
  }

  /** Statements that store `expr`, a vec4, as vector `c` of the row that begins at `base`. */
  store(value: Value, base: string, c: string, expr: string): string {
    const headDim = this.#headDim;
    if (headDim % 4 === 0) return this.#io.store4(value, `(${base}) / 4u + ${c}`, expr);
    const elements = range(4).map((i) => {
      const d = `4u * ${c} + ${i}u`;
      return `if (${d} < ${headDim}u) { ${this.#io.store(value, `${base} + ${d}`, `x[${i}]`)} }`;
    });
    return `let x = ${expr}; ${elements.join(" ")}`;
  }

  /**
   * Statements that define `name` as vector `c`, a number, of the row that begins at `base`, which is the same for all
   * lanes. With subgroups each lane reads one element, and broadcasts give it to the others.
   */
  define(name: string, value: Value, base: string, c: number): string[] {
    const count = Math.min(4, this.#headDim - 4 * c);
    const own = count === 4 ? "lane" : `min(lane, ${count - 1}u)`;
    const element = (i: number) => {
      if (i >= count) return "0f";
      if (this.#subgroups) return `subgroupBroadcast(${name}x, ${i}u)`;
      return this.#io.load(value, `${base} + ${4 * c + i}u`);
    };
    return [
      ...(this.#subgroups ? [`let ${name}x = ${this.#io.load(value, `${base} + ${4 * c}u + ${own}`)};`] : []),
      `let ${name} = vec4f(${range(4).map(element).join(", ")});`,
    ];
  }
}
