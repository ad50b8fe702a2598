// mergekit's passthrough as a peer of the suite `grow`: the base's layers four times, in bf16.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { growing } from "../folder-grow.js";
import { serve } from "../serve.js";

const factor = 4;

await serve((_, { size }) =>
  growing(size, "mergekit-yaml, passthrough", async ({ scratch, base, target }) => {
    const config = join(scratch, "mergekit.yaml");
    const slice = `  - sources: [{ model: ${base}, layer_range: [0, ${size["layers"]}] }]\n`;
    await writeFile(config, `merge_method: passthrough\ndtype: bfloat16\nslices:\n${slice.repeat(factor)}`);
    return ["mergekit-yaml", config, target];
  }),
);
