// Writes the declarations of every package that has types into its dist, in one pass of tsc over all of them: one pass
// per package reads its imports again each time, and took twenty times as long. Called by turbo (`//#declarations`).
import { cpSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { run } from "./run.mjs";
import { root, tool } from "./setup.mjs";

const emitted = join(root, "node_modules", ".cache", "types");
rmSync(emitted, { recursive: true, force: true });
const [node, tsc] = tool("typescript", "tsc");
const status = await run(node, [tsc, "-p", "tsconfig.types.json"], { cwd: root });
if (status !== 0) process.exit(status);
for (const room of readdirSync(emitted)) {
  for (const name of readdirSync(join(emitted, room))) {
    const dist = join(root, room, name, "dist");
    removeDeclarations(dist);
    cpSync(join(emitted, room, name, "src"), dist, { recursive: true });
  }
}

/** Removes old declarations, which would otherwise be published after their source is gone. */
function removeDeclarations(dist) {
  for (const path of readdirSync(dist, { recursive: true })) if (path.endsWith(".d.ts")) rmSync(join(dist, path));
}
