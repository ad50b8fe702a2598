// The built-in backends, which resolve without a plugin.
import type { Backend } from "./contract.js";
import { nullBackend } from "./null.js";
import { referenceBackend } from "./reference.js";

export const builtIn: readonly Backend[] = [referenceBackend, nullBackend];
