// matmul: which kernels a product becomes. Kernels for GPUs and for software adapters are different families.
import type { Value } from "@cambium/ir";
import type { KernelLowering, LowerContext } from "../../lower/lowering.js";
import type { Kernel } from "../../wgsl/kernel.js";
import { blockKernel } from "./blocks/index.js";
import { fewRowsKernel } from "./few-rows.js";
import { emitInParts } from "./parts.js";
import { type Product, productOf } from "./product.js";
import { into, type Target } from "./target.js";
import { tileKernel } from "./tiles/index.js";
import { productKey, type Variant, variantName, variants } from "./variants.js";

export const matmul: KernelLowering = {
  kind: "kernels",
  lower: (node, context) => emitProduct(productOf(node), into(node.outputs[0] as Value), context),
};

/** Emits the kernels of a product in the variant that the context chooses, or in the default one. */
export function emitProduct(product: Product, target: Target, context: LowerContext): void {
  const possible = variants(product, context.traits);
  const chosen = context.choose?.(productKey(product));
  const variant = possible.find((one) => variantName(one) === chosen) ?? possible[0];
  emitVariant(product, variant as Variant, target, context);
}

export function emitVariant(product: Product, variant: Variant, target: Target, context: LowerContext): void {
  if (variant.family === "tiles" && variant.splits > 1)
    emitInParts(product, variant.shape, variant.splits, target, context);
  else context.emit(kernelOf(product, variant, target));
}

function kernelOf(product: Product, variant: Variant, target: Target): Kernel {
  switch (variant.family) {
    case "blocks":
      return blockKernel(product, variant.shape, target);
    case "few rows":
      return fewRowsKernel(product, target);
    case "tiles":
      return tileKernel(product, variant.shape, target);
  }
}
