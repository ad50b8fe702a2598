// How an invocation of a software adapter reads its lines of one side of a product.
import type { KernelIo } from "../../../wgsl/kernel.js";
import { range } from "../../range.js";
import { byFour, matrixStart, type Product, type Side } from "../product.js";
import { lineOf } from "./shape.js";

/** Reads element e of line i at step u as `name``u`_`i`_0. */
export class LineReader {
  readonly #io: KernelIo;
  readonly #name: "a" | "b";
  readonly #side: Side;
  readonly #lines: number;
  readonly #lanes: number;
  readonly #fours: boolean;
  readonly #start: string;
  readonly #pitch: string;
  /** The last line (or four of lines) of the matrix; undefined where the blocks divide it. */
  readonly #last: string | undefined;

  constructor(io: KernelIo, name: "a" | "b", product: Product, lines: number, lanes: number) {
    const side = product[name];
    const { size, alongK, pitch } = side;
    this.#io = io;
    this.#name = name;
    this.#side = side;
    this.#lines = lines;
    this.#lanes = lanes;
    this.#fours = byFour(side, product.k) && (alongK || lines % 4 === 0);
    const unit = this.#fours ? 4 : 1;
    this.#start = matrixStart(side, product.batch, "matrix", unit, io.number);
    this.#pitch = io.number(pitch / unit);
    const covered = size % (lines * lanes) === 0;
    this.#last = covered ? undefined : io.number(!alongK && this.#fours ? size - 4 : size - 1);
  }

  /** Statements before the loop; `first` is the block's first line. */
  prepare(first: string): string[] {
    const name = this.#name;
    const line = (i: number) => this.#clamp(`${first} + ${lineOf(i, this.#lines, this.#lanes, "q0")}`);
    const lines =
      this.#fours && !this.#side.alongK
        ? range(this.#lines / 4).map((g) => `let ${name}Line${g} = ${name}Start + (${line(4 * g)}) / 4u;`)
        : range(this.#lines).map((i) => {
            const offset = this.#side.alongK ? `(${line(i)}) * ${this.#pitch}` : line(i);
            return `let ${name}Line${i} = ${name}Start + ${offset};`;
          });
    return [`let ${name}Start = ${this.#start};`, ...lines];
  }

  /** Statements that read `steps` steps of k from `first` on; where fours are read along k, both are multiples of 4. */
  read(first: string, steps: number): string[] {
    if (this.#fours && this.#side.alongK) return this.#foursAlongK(first, steps);
    return range(steps).flatMap((u) => {
      const step = u === 0 ? first : `(${first} + ${u}u)`;
      return this.#fours ? this.#foursAcross(step, u) : this.#byOne(step, u);
    });
  }

  #foursAlongK(first: string, steps: number): string[] {
    const name = this.#name;
    return range(this.#lines).flatMap((i) =>
      range(steps / 4).flatMap((v) => {
        const four = `${name}Four${i}_${v}`;
        const at = `${name}Line${i} + ${first} / 4u${v === 0 ? "" : ` + ${v}u`}`;
        return [
          `let ${four} = ${this.#io.load4(this.#side.value, at)};`,
          ...range(4).map((e) => `let ${name}${4 * v + e}_${i}_0 = ${four}[${e}];`),
        ];
      }),
    );
  }

  #foursAcross(step: string, u: number): string[] {
    const name = this.#name;
    return range(this.#lines / 4).flatMap((g) => [
      `let ${name}Four${u}_${g} = ${this.#io.load4(this.#side.value, `${name}Line${g} + ${step} * ${this.#pitch}`)};`,
      ...range(4).map((e) => `let ${name}${u}_${4 * g + e}_0 = ${name}Four${u}_${g}[${e}];`),
    ]);
  }

  #byOne(step: string, u: number): string[] {
    const name = this.#name;
    const offset = this.#side.alongK ? step : `${step} * ${this.#pitch}`;
    return range(this.#lines).map(
      (i) => `let ${name}${u}_${i}_0 = ${this.#io.load(this.#side.value, `${name}Line${i} + ${offset}`)};`,
    );
  }

  /** Lines beyond the matrix's edge are read as its last ones; results made from them are not stored. */
  #clamp(line: string): string {
    return this.#last === undefined ? line : `min(${line}, ${this.#last})`;
  }
}
