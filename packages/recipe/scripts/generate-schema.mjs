// Writes recipe.schema.json from the schema in src/schema.ts; a test checks that they are equal.
import { writeFileSync } from "node:fs";
import { recipeJsonSchema } from "../src/schema.ts";

writeFileSync(new URL("../recipe.schema.json", import.meta.url), `${JSON.stringify(recipeJsonSchema(), null, 2)}\n`);
