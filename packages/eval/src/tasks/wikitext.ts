// WikiText-2 by the document (Merity et al. 2016, arXiv 1609.07843): perplexity of pages whose tokenisation is undone.
import { pythonWhiteSpace } from "@cambium/inference";
import { z } from "zod";
import { defineTask } from "../task.js";
import { countsOf, perplexities } from "./rolling.js";

const space = `[${pythonWhiteSpace}]*`;

/** What stands inside a pair of marks, without the white space at its ends. */
function inside(open: string, close: string): [RegExp, string] {
  return [new RegExp(`\\${open}${space}([^\\${close}]*?)${space}\\${close}`, "g"), `${open}$1${close}`];
}

/** In this order, each everywhere: what it is, and what it becomes. */
const rules: readonly (readonly [string | RegExp, string])[] = [
  ["s '", "s'"],
  // Written for numbers after an apostrophe; as it stands it finds slashes alone, and figures are compared with it so.
  [/\/' [0-9]\//g, "/'[0-9]/"],
  [" @-@ ", "-"],
  [" @,@ ", ","],
  [" @.@ ", "."],
  ...[":", ";", ".", "!", "?", ","].map((mark) => [` ${mark} `, `${mark} `] as const),
  ...[inside("(", ")"), inside("[", "]"), inside("{", "}"), inside('"', '"'), inside("'", "'")],
  ["= = = =", "===="],
  ["= = =", "==="],
  ["= =", "=="],
  [" ° ", "°"],
  [" \n", "\n"],
  ["\n ", "\n"],
  [" N ", " 1 "],
  [" 's", "'s"],
];

function detokenized(page: string): string {
  return rules.reduce(
    (text, [from, to]) => (typeof from === "string" ? text.split(from).join(to) : text.replace(from, to)),
    page,
  );
}

/** The text that is scored is detokenised; words and bytes are counted in the page as it is. */
export const wikitext = defineTask({
  name: "wikitext",
  version: "2.0.0",
  summary: "perplexity of the pages of WikiText-2",
  dataset: { name: "EleutherAI/wikitext_document_level", config: "wikitext-2-raw-v1", split: "test", rows: 62 },
  options: z.strictObject({}),
  document: z.object({ page: z.string().min(1) }),
  requests: ({ page }) => [{ kind: "rolling", text: detokenized(page) }],
  sample: ({ page }, answers) => countsOf(page, answers),
  metrics: perplexities,
});
