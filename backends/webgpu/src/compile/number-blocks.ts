// The numbers of kernels (`KernelIo.number`), in the constants' buffer behind the constants.
import type { Access, Binding } from "./binding.js";

/** The numbers of one or more kernels, by their offset in the constants' buffer. */
export interface NumberBlock {
  readonly offset: number;
  readonly numbers: readonly number[];
}

/** Places blocks of numbers one after the other; equal blocks share their place. */
export class NumberBlocks {
  readonly #alignment: number;
  readonly #access: Access;
  readonly #known = new Map<string, Binding>();
  readonly all: NumberBlock[] = [];
  /** Bytes of the constants' buffer up to the last block's end. */
  bytes: number;

  constructor(alignment: number, from: number, access: Access) {
    this.#alignment = alignment;
    this.#access = access;
    this.bytes = from;
  }

  /** The binding of a kernel's numbers. */
  bind(numbers: readonly number[]): Binding {
    const key = numbers.join();
    const known = this.#known.get(key);
    if (known) return known;
    const bytes = 16 * Math.ceil(numbers.length / 4);
    const placement = { kind: "constant", offset: this.bytes } as const;
    const binding: Binding = { placement, offset: 0, bytes, access: this.#access };
    this.all.push({ offset: this.bytes, numbers });
    this.bytes += Math.ceil(bytes / this.#alignment) * this.#alignment;
    this.#known.set(key, binding);
    return binding;
  }
}
