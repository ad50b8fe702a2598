// The families that this package brings along.
import type { Family } from "../family.js";
import { familyResolver } from "../family.js";
import { llama } from "./llama/index.js";

export const builtInFamilies: readonly Family[] = [llama];

/** Resolves the names of the families that this package brings along. */
export const builtInFamily = familyResolver(builtInFamilies);
