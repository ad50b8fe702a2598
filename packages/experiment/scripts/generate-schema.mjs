// Writes recipe.schema.json from the schema in src/recipe/schema.ts; a test holds the two together.
import { writeFileSync } from "node:fs";
import { recipeJsonSchema } from "../src/recipe/schema.ts";

writeFileSync(new URL("../recipe.schema.json", import.meta.url), `${JSON.stringify(recipeJsonSchema(), null, 2)}\n`);
