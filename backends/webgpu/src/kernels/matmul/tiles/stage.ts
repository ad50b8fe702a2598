// Staging: strips of both sides of a product are copied to workgroup memory, k outermost and rows (columns) by fours.
import type { KernelIo } from "../../../wgsl/kernel.js";
import { range } from "../../range.js";
import { byFour, type Product, type Side } from "../product.js";
import { stripPitch, type TileShape, tileInvocations } from "./shape.js";

const zero4 = "vec4<f32>()";

/** Statements that stage the strips of both sides from step `k` on. */
export function staging(io: KernelIo, product: Product, shape: TileShape): string[] {
  const { tileRows, tileColumns, depth } = shape;
  const invocations = tileInvocations(shape);
  const stageA = new Strip(io, "a", product, shape).statements();
  const stageB = new Strip(io, "b", product, shape).statements();
  const blocksA = (tileRows / 4) * (depth / 4);
  const blocksB = (tileColumns / 4) * (depth / 4);
  if (blocksA + blocksB <= invocations) {
    return [
      `if (lane < ${blocksA}u) {`,
      "let block = lane;",
      ...stageA,
      `} else if (lane < ${blocksA + blocksB}u) {`,
      `let block = lane - ${blocksA}u;`,
      ...stageB,
      "}",
    ];
  }
  return [
    `for (var block = lane; block < ${blocksA}u; block += ${invocations}u) {`,
    ...stageA,
    `}\nfor (var block = lane; block < ${blocksB}u; block += ${invocations}u) {`,
    ...stageB,
    "}",
  ];
}

/** Stages the 4×4 block number `block` of one side's strip. Whole fours are written, so that no two threads race. */
class Strip {
  readonly #io: KernelIo;
  readonly #name: "a" | "b";
  readonly #side: Side;
  readonly #k: number;
  readonly #depth: number;
  readonly #lines: number;

  constructor(io: KernelIo, name: "a" | "b", product: Product, { tileRows, tileColumns, depth }: TileShape) {
    this.#io = io;
    this.#name = name;
    this.#side = product[name];
    this.#k = product.k;
    this.#depth = depth;
    this.#lines = name === "a" ? tileRows : tileColumns;
  }

  statements(): string[] {
    const { alongK } = this.#side;
    const [inK, inLines] = alongK
      ? [`block % ${this.#depth / 4}u`, `block / ${this.#depth / 4}u`]
      : [`block / ${this.#lines / 4}u`, `block % ${this.#lines / 4}u`];
    return [
      `let inK = ${inK};`,
      `let inLines = ${inLines};`,
      "let at = k + 4u * inK;",
      `let line = ${this.#name === "a" ? "firstRow" : "firstColumn"} + 4u * inLines;`,
      ...(byFour(this.#side, this.#k) ? (alongK ? this.#foursAlongK() : this.#foursAcross()) : this.#byOne()),
    ];
  }

  #foursAlongK(): string[] {
    const { value, size, pitch } = this.#side;
    return [
      ...range(4).map((i) => {
        const index = `${this.#name}Start + min(line + ${i}u, ${size - 1}u) * ${pitch / 4}u + at / 4u`;
        return `let f${i} = ${this.#withinK("at", this.#io.load4(value, index))};`;
      }),
      ...range(4).map((e) => this.#write(e, `vec4<f32>(f0[${e}], f1[${e}], f2[${e}], f3[${e}])`)),
    ];
  }

  #foursAcross(): string[] {
    const { value, size, pitch } = this.#side;
    return [
      `let four = ${this.#name}Start + min(line, ${size - 4}u) / 4u;`,
      ...range(4).map((e) => {
        const four = this.#io.load4(value, `four + (at + ${e}u) * ${pitch / 4}u`);
        return this.#write(e, this.#withinK(`at + ${e}u`, four));
      }),
    ];
  }

  #byOne(): string[] {
    const { value, size, alongK, pitch } = this.#side;
    return range(4).map((e) => {
      const each = range(4).map((i) => {
        const at = `min(line + ${i}u, ${size - 1}u)`;
        const index = alongK ? `${at} * ${pitch}u + at + ${e}u` : `(at + ${e}u) * ${pitch}u + ${at}`;
        return this.#io.load(value, `${this.#name}Start + ${index}`);
      });
      return this.#write(e, this.#withinK(`at + ${e}u`, `vec4<f32>(${each.join(", ")})`));
    });
  }

  /** Zeros beyond the end of k, where the depth does not divide it. */
  #withinK(step: string, expr: string): string {
    return this.#k % this.#depth === 0 ? expr : `select(${zero4}, ${expr}, ${step} < ${this.#k}u)`;
  }

  #write(e: number, expr: string): string {
    const strip = this.#name === "a" ? "stripA" : "stripB";
    return `${strip}[(4u * inK + ${e}u) * ${stripPitch(this.#lines)}u + inLines] = ${expr};`;
  }
}
