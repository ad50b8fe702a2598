// All primitives, by name. Generated from the files beside it (tools/indexes.mjs); do not edit.
import { abs } from "./abs.js";
import { add } from "./add.js";
import { after } from "./after.js";
import { and } from "./and.js";
import { argMax } from "./arg-max.js";
import { broadcast } from "./broadcast.js";
import { cast } from "./cast.js";
import { concat } from "./concat.js";
import { constant } from "./constant.js";
import { cos } from "./cos.js";
import { div } from "./div.js";
import { equal } from "./equal.js";
import { exp } from "./exp.js";
import { floor } from "./floor.js";
import { gather } from "./gather.js";
import { iota } from "./iota.js";
import { less } from "./less.js";
import { log } from "./log.js";
import { matmul } from "./matmul.js";
import { maximum } from "./maximum.js";
import { minimum } from "./minimum.js";
import { mul } from "./mul.js";
import { neg } from "./neg.js";
import { not } from "./not.js";
import { pad } from "./pad.js";
import { reduceMax } from "./reduce-max.js";
import { reduceSum } from "./reduce-sum.js";
import { reshape } from "./reshape.js";
import { rsqrt } from "./rsqrt.js";
import { scatterAdd } from "./scatter-add.js";
import { select } from "./select.js";
import { sigmoid } from "./sigmoid.js";
import { sin } from "./sin.js";
import { slice } from "./slice.js";
import { sqrt } from "./sqrt.js";
import { sub } from "./sub.js";
import { tanh } from "./tanh.js";
import { transpose } from "./transpose.js";

export { abs, add, after, and, argMax, broadcast, cast, concat, constant, cos, div, equal, exp, floor, gather, iota, less, log, matmul, maximum, minimum, mul, neg, not, pad, reduceMax, reduceSum, reshape, rsqrt, scatterAdd, select, sigmoid, sin, slice, sqrt, sub, tanh, transpose };

export const primitives = { abs, add, after, and, argMax, broadcast, cast, concat, constant, cos, div, equal, exp, floor, gather, iota, less, log, matmul, maximum, minimum, mul, neg, not, pad, reduceMax, reduceSum, reshape, rsqrt, scatterAdd, select, sigmoid, sin, slice, sqrt, sub, tanh, transpose } as const;

export type PrimitiveName = keyof typeof primitives;
