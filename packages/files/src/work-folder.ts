// A folder of work that takes long: what a process leaves of it when it is stopped or killed, the next one takes over. One
// process has it at a time; another that does the same work meanwhile has a folder of its own.
import { rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { makeDirectory, sync } from "./flush.js";
import { listScratch, scratchId, scratchPath } from "./scratch.js";

export interface WorkFolder {
  readonly path: string;
  /** Leaves the folder to whoever does the work next, in this process or another. */
  leave(): Promise<void>;
  remove(): Promise<void>;
}

/** The work called `path`, in a folder beside it: taken over from a process that is gone, or begun. */
export async function workFolder(path: string): Promise<WorkFolder> {
  const [dir, name] = [dirname(path), basename(path)];
  await makeDirectory(dir);
  const id = scratchId();
  const mine = scratchPath(path, id, "part");
  let taken = false;
  for (const { path: other, stale } of await listScratch(dir, (base) => base === name)) {
    if (!stale) continue;
    // Of several that were left, the newest is gone on with.
    if (taken) await rm(other, { recursive: true, force: true });
    else taken = await renamed(other, mine);
  }
  if (!taken) await makeDirectory(mine);
  await sync(dir);
  return {
    path: mine,
    leave: () => rename(mine, join(dir, basename(scratchPath(path, id, "left")))),
    remove: () => rm(mine, { recursive: true, force: true }),
  };
}

/** False where another process was faster. */
function renamed(from: string, to: string): Promise<boolean> {
  return rename(from, to).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return false;
      throw error;
    },
  );
}
