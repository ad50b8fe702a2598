// Writes bench.schema.json from the schema in src/result.ts; a test checks that they are equal.
import { writeFileSync } from "node:fs";
import { benchJsonSchema } from "../src/result.ts";

writeFileSync(new URL("../bench.schema.json", import.meta.url), `${JSON.stringify(benchJsonSchema(), null, 2)}\n`);
