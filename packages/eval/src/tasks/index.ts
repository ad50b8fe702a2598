// The tasks that come with Cambium.
import type { EvalTask } from "../task.js";
import { arcChallenge, arcEasy } from "./arc.js";
import { lambadaOpenai } from "./lambada-openai.js";
import { logiqa } from "./logiqa.js";
import { perplexity } from "./perplexity.js";
import { piqa } from "./piqa.js";
import { sciq } from "./sciq.js";
import { wikitext } from "./wikitext.js";
import { winogrande } from "./winogrande.js";

export const builtInTasks: readonly EvalTask[] = [
  ...[lambadaOpenai, arcChallenge, arcEasy, logiqa, piqa, sciq, winogrande, wikitext],
  perplexity,
];
