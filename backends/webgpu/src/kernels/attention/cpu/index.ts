// Attention on software adapters. The backward pass takes two dispatches: lanes are queries in the first, keys in the
// second.
import { forward } from "./forward.js";
import { keyValueGrad } from "./key-value-grad.js";
import { queryGrad } from "./query-grad.js";

export const cpu = { forward, queryGrad, keyValueGrad };
