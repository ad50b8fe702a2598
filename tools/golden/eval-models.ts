// Small models with weights so large that scores differ, for `eval_tasks.py` and the test that reads its output:
// npx tsx --conditions=@cambium/source tools/golden/eval-models.ts DIR
// writes DIR/mha, DIR/gqa-tied and DIR/qwen3, each with a tokenizer of another kind.
import { join } from "node:path";
import { writeEvalModels } from "../../packages/eval/test/support/models.js";

const [to] = process.argv.slice(2);
if (to === undefined) throw new Error("usage: eval-models.ts DIR");
for (const path of await writeEvalModels(to)) console.log(join(path));
