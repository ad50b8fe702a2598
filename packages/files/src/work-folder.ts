// A folder for long work: if its process is stopped or killed, the next one takes it over. Only one process has it at a
// time; another that does the same work in the meantime has a folder of its own.
import { rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { makeDirectory, sync } from "./flush.js";
import { listScratch, scratchId, scratchPath } from "./scratch.js";

export interface WorkFolder {
  readonly path: string;
  /** Releases the folder, so that the next caller takes it over, in this process or another. */
  leave(): Promise<void>;
  remove(): Promise<void>;
}

/** The work folder of `path`, beside it: taken over from a dead process, or new. */
export async function workFolder(path: string): Promise<WorkFolder> {
  const [dir, name] = [dirname(path), basename(path)];
  await makeDirectory(dir);
  const id = scratchId();
  const mine = scratchPath(path, id, "part");
  let taken = false;
  for (const { path: other, stale } of await listScratch(dir, (base) => base === name)) {
    if (!stale) continue;
    // The list is newest first: take over the newest and remove the others.
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

/** Returns false if another process was faster. */
function renamed(from: string, to: string): Promise<boolean> {
  return rename(from, to).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return false;
      throw error;
    },
  );
}
