// WikiText-2 by document (Merity et al. 2016, arXiv 1609.07843): perplexity of detokenised pages.
import { pythonWhiteSpace } from "@cambium/inference";
import { z } from "zod";
import { defineTask } from "../task.js";
import { countsOf, perplexities } from "./rolling.js";

const space = `[${pythonWhiteSpace}]*`;

/** Removes white space at the ends of the text inside a pair of marks. */
function inside(open: string, close: string): [RegExp, string] {
  return [new RegExp(`\\${open}${space}([^\\${close}]*?)${space}\\${close}`, "g"), `${open}$1${close}`];
}

/** Replacements, applied everywhere and in this order. */
const rules: readonly (readonly [string | RegExp, string])[] = [
  ["s '", "s'"],
  // The harness meant numbers after an apostrophe. As written it only matches slashes; kept so that figures agree.
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
