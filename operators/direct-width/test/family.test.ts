// G_direct in width and copies of layers on families that the operator does not know: one from a package outside this
// repository, through the conformance suite of operators.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { describeOperator } from "@cambium/growth/conformance";
import type { DecoderInput, Family } from "@cambium/model";
import { writeBareFamily } from "../../../packages/model/test/support/bare-family.js";
import directWidth from "../src/index.js";

const file = writeBareFamily(mkdtempSync(`${tmpdir()}/cambium-family-`));
const { default: family } = (await import(/* @vite-ignore */ file)) as { default: Family<object, DecoderInput> };
const base = { family, heads: 4, kvHeads: 2, headDim: 4, layers: 2 };

describeOperator(directWidth, {
  cases: [
    { name: "all axes twice", base, options: {} },
    { name: "hidden 8 → 13, tied", base: { ...base, tied: true }, options: { hidden: 13, split: "scalar" } },
  ],
});
