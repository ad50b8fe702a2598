// Lowerings: what an op becomes. A lowering is a pure function from a node to kernels or to WGSL expressions; it needs
// no GPU.
import type { Node, TensorType, Value } from "@cambium/ir";
import type { Code } from "../wgsl/code.js";
import type { Index } from "../wgsl/index-map.js";
import type { Kernel } from "../wgsl/kernel.js";
import type { ManyKernel } from "../wgsl/many.js";
import type { DeviceTraits } from "./traits.js";

/** Returns the name of the variant to use for the work that `key` names, or undefined for the default one. */
export type Choose = (key: string) => string | undefined;

export interface LowerContext {
  readonly traits: DeviceTraits;
  /** Names the variant of a kernel that was measured to be the fastest; absent if nothing was measured. */
  readonly choose?: Choose | undefined;
  /**
   * Makes a value for intermediate results. It lives from the first kernel that writes it to the last that reads it.
   */
  temp(type: TensorType): Value;
  emit(kernel: Kernel): void;
  /** Emits one kernel over many tensors, which runs in few dispatches. */
  emitMany(kernel: ManyKernel): void;
}

/** An op whose outputs are written to memory by kernels of its own. */
export interface KernelLowering {
  readonly kind: "kernels";
  /** Its kernels read their inputs through `io.code().eval`, so the inputs need not be in memory. */
  readonly expressions?: boolean;
  /** It does not store its results through `io.store`, so elementwise work cannot be fused onto them. */
  readonly closed?: boolean;
  lower(node: Node, context: LowerContext): void;
  /** Whether the same kernels can do two nodes; if so, `lowerAll` gets every run of such neighbours. */
  joins?(a: Node, b: Node): boolean;
  lowerAll?(nodes: readonly Node[], context: LowerContext): void;
}

/** An op that is an expression of its inputs' elements: it is computed inside the kernels that use it. */
export interface InlineLowering {
  readonly kind: "inline";
  /** It does no arithmetic: it only reads another element. */
  readonly view?: boolean;
  /** It reads each input at the output's own place, by broadcasting if the input is smaller. */
  readonly pointwise?: boolean;
  /** The WGSL expression of the output's element at `at`. It evaluates inputs through `code.eval`. */
  element(node: Node, at: Index, code: Code): string;
}

export type Lowering = KernelLowering | InlineLowering;
