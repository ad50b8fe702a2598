// An entry that cannot run in a page.
import { readFileSync } from "node:fs";

export const read = () => readFileSync("x", "utf8");
