// The tasks that come with Cambium. Generated from the files beside it (tools/indexes.mjs); do not edit.
import { arcEasy, arcChallenge } from "./arc.js";
import { lambadaOpenai } from "./lambada-openai.js";
import { logiqa } from "./logiqa.js";
import { perplexity } from "./perplexity.js";
import { piqa } from "./piqa.js";
import { sciq } from "./sciq.js";
import { wikitext } from "./wikitext.js";
import { winogrande } from "./winogrande.js";

/** In the order of their files. */
export const builtInTasks: readonly import("../task.js").EvalTask[] = [arcEasy, arcChallenge, lambadaOpenai, logiqa, perplexity, piqa, sciq, wikitext, winogrande];
