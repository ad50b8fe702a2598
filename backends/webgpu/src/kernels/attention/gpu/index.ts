// Attention on GPUs. The backward pass takes two dispatches: a workgroup holds a block of queries in the first, of keys
// in the second.
import { forward } from "./forward.js";
import { keyValueGrad } from "./key-value-grad.js";
import { queryGrad } from "./query-grad.js";

export const gpu = { forward, queryGrad, keyValueGrad };
