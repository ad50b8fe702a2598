// `npm run study -- partial`: ten operators grow one base; further arguments go to `cambium run`.
import { join } from "node:path";
import { pathToFileURL } from "node:url";

export async function main(args: readonly string[]): Promise<void> {
  const program = join("packages", "cli", "dist", "main.js");
  process.argv = [process.execPath, program, "run", join("recipes", "partial-stacking.yaml"), ...args];
  await import(pathToFileURL(program).href);
}
