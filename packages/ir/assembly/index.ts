// Kernels with SIMD for loops over many numbers. Each gives the same bits as the plain form in src/.
export { toBf16 } from "./bf16";
export { addMultiple } from "./add";
export { noise } from "./noise";
