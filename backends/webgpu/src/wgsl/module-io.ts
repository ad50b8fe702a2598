// How a kernel's body reads and writes its values in a module: through the bindings of its operands, with the
// elementwise work that was fused onto its results.
import type { Value } from "@cambium/ir";
import type { Fusion } from "../compile/fusion.js";
import { Code, toMemory, type ValueSource } from "./code.js";
import { fourOf } from "./fours.js";
import type { FunctionName } from "./functions.js";
import { Index } from "./index-map.js";
import type { Kernel, KernelIo } from "./kernel.js";
import { isByFour, isHalf, type Operand, type Use } from "./operands.js";

export class ModuleIo implements KernelIo {
  readonly #label: string;
  readonly #operands: readonly Operand[];
  readonly #fusion: Fusion;
  readonly #known: readonly Use[] | undefined;
  readonly #source: ValueSource;
  /** By operand: the accesses that the body made. */
  readonly uses: readonly Use[];
  /** The functions of `functions.ts` that the body uses. */
  readonly functions = new Set<FunctionName>();
  /** The numbers that the body took, in order. */
  readonly numbers: number[] = [];

  /** @param known the accesses that the whole body makes, if an earlier pass has found them */
  constructor({ label }: Kernel, operands: readonly Operand[], fusion: Fusion, known?: readonly Use[]) {
    this.#label = label;
    this.#operands = operands;
    this.#fusion = fusion;
    this.#known = known;
    this.#source = { expression: fusion.expression, maker: fusion.maker, load: this.load };
    this.uses = operands.map(() => ({ load1: false, load4: false, store1: false, store4: false }));
  }

  readonly load = (value: Value, flat: string): string => {
    const at = this.#access(value, "load1");
    const whole = this.#isByFour(at) ? `b${at}[(${flat}) >> 2u][(${flat}) & 3u]` : `b${at}[${flat}]`;
    const element = this.#operand(at).parts.length > 1 ? `at${at}(${flat})` : whole;
    return isHalf(this.#operand(at)) ? `f32(${element})` : element;
  };

  readonly load4 = (value: Value, flat4: string): string => {
    const at = this.#access(value, "load4");
    if (this.#isByFour(at)) return isHalf(this.#operand(at)) ? `vec4<f32>(b${at}[${flat4}])` : `b${at}[${flat4}]`;
    const elements = [0, 1, 2, 3].map((i) => this.load(value, `4u * (${flat4}) + ${i}u`));
    return `vec4<f32>(${elements.join(", ")})`;
  };

  readonly store = (value: Value, flat: string, expr: string): string => {
    const end = this.#fusion.stored(value);
    const at = this.#access(end, "store1");
    if (end === value) return this.#put(at, flat, expr);
    const code = this.code();
    const place = code.define(flat);
    code.bind(value, Index.flat(value.type.shape, place), code.define(expr));
    const result = code.compute(end, Index.flat(end.type.shape, place));
    code.line(this.#put(at, place, toMemory(end.type.dtype, result)));
    return `{\n${code}\n}`;
  };

  readonly store4 = (value: Value, flat4: string, expr: string): string => {
    const end = this.#fusion.stored(value);
    const reader = {
      four: (other: Value) => this.load4(other, "four_at"),
      one: (other: Value) => this.load(other, "0u"),
      use: (name: FunctionName) => this.functions.add(name),
    };
    const result = end === value ? "four" : fourOf(end, value, "four", this.#fusion, reader);
    const at = result === undefined ? -1 : this.#access(end, "store4");
    const stored =
      at >= 0 && (!this.#known || this.#isByFour(at))
        ? [`b${at}[four_at] = ${isHalf(this.#operand(at)) ? `vec4<f16>(${result})` : result};`]
        : [0, 1, 2, 3].map((i) => this.store(value, `4u * four_at + ${i}u`, `four[${i}]`));
    return `{\nlet four = ${expr};\nlet four_at = ${flat4};\n${stored.join("\n")}\n}`;
  };

  readonly number = (value: number): string => `n${this.numbers.push(value) - 1}`;

  readonly code = (): Code => new Code(this.#source, this.functions);

  #put(at: number, flat: string, expr: string): string {
    const element = isHalf(this.#operand(at)) ? `f16(${expr})` : expr;
    return this.#operand(at).parts.length > 1 ? `put${at}(${flat}, ${element});` : `b${at}[${flat}] = ${element};`;
  }

  /** The position of the operand in which the value lies; the access is noted. */
  #access(value: Value, how: keyof Use): number {
    const home = this.#fusion.home(value);
    const at = this.#operands.findIndex(({ values }) => values.includes(home));
    if (at < 0) throw new Error(`${this.#label} uses a value that it does not list`);
    (this.uses[at] as Use)[how] = true;
    return at;
  }

  #isByFour(at: number): boolean {
    return isByFour((this.#known ?? this.uses)[at] as Use, this.#operand(at));
  }

  #operand(at: number): Operand {
    return this.#operands[at] as Operand;
  }
}
