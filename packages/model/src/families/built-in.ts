// The built-in families.
import type { Family } from "../family.js";
import { familyResolver } from "../family.js";
import { llama } from "./llama/index.js";
import { mistral } from "./mistral/index.js";
import { opaque } from "./opaque.js";
import { qwen2 } from "./qwen2/index.js";
import { qwen3 } from "./qwen3/index.js";

export const builtInFamilies: readonly Family[] = [llama, mistral, qwen2, qwen3, opaque];

/** Resolves the names of the built-in families. */
export const builtInFamily = familyResolver(builtInFamilies);
