// Lowerings of the backend's own composites (src/fuse), which stand for forms that ONNX Runtime computes in one node.
import type { Lowering } from "./lowering.js";

export const fusedLowerings: Readonly<Record<string, Lowering>> = {};
