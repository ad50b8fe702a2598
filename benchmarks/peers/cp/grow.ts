// `cp -r` of a grown checkpoint as a peer of the suite `grow`: the speed of the disk.
import { join } from "node:path";
import { randomBase } from "@cambium/bench/node";
import { growing } from "../folder-grow.js";
import { serve } from "../serve.js";

const factor = 4;

await serve((_, { size }) =>
  growing(size, "cp -r of a grown checkpoint", async ({ scratch, target }) => {
    const grown = join(scratch, "grown");
    await randomBase(grown, { ...size, layers: factor * (size["layers"] ?? 1) });
    return ["cp", "-r", grown, target];
  }),
);
