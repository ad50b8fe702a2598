// What differs in tfjs-backend-webgl: a texture is packed by its shape, so that a reshape needs a kernel.
import type { Shape } from "@cambium/ir";
import type { Ref } from "../program/program.js";
import { Kernels, same } from "./kernels.js";

export class WebglKernels extends Kernels {
  override reshape(x: Ref, shape: Shape): Ref {
    if (same(x.shape, shape)) return x;
    return this.program.kernel("Reshape", { x }, { shape: [...shape] }, { shape, dtype: x.dtype });
  }
}
