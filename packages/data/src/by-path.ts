// Corpora and tokenizers by path, from the package's main entry. In Node the files' code is loaded at the first call;
// elsewhere there are no paths, and the error says so.
import { CambiumError } from "@cambium/ir";
import type * as files from "./node/index.js";

/** `#node` is nothing in browsers: see "imports" in package.json. */
async function node(): Promise<typeof files> {
  const entry = (await import("#node")) as Partial<typeof files>;
  if (entry.openSource !== undefined) return entry as typeof files;
  throw new CambiumError("E_UNSUPPORTED", "paths can only be read in Node", {
    expected: "Node",
    hint: "in a browser give texts to bytesTokenizer or huggingFaceTokenizer, and tokens to tokensInMemory",
  });
}

/** As `openSource` of `@cambium/data/node`. */
export const openSource: typeof files.openSource = async (...given) => (await node()).openSource(...given);

/** As `loadTokenizer` of `@cambium/data/node`. */
export const loadTokenizer: typeof files.loadTokenizer = async (...given) => (await node()).loadTokenizer(...given);
