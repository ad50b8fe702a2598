// Where measurements are kept between processes: a file of the user's cache in Node, local storage in a browser.
import { cacheFolder } from "@cambium/backend";

/** Texts by name. What could not be kept is measured again. */
export interface TextStore {
  read(name: string): string | undefined;
  write(name: string, text: string): void;
}

/** The parts of Node that need no import, so that bundles for browsers contain nothing of Node. */
interface NodeProcess {
  readonly platform: string;
  readonly pid: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  getBuiltinModule?(name: "node:fs"): {
    readFileSync(path: string, encoding: "utf8"): string;
    writeFileSync(path: string, text: string): void;
    renameSync(from: string, to: string): void;
    mkdirSync(path: string, options: { recursive: true }): void;
  };
  getBuiltinModule?(name: "node:os"): { homedir(): string };
}

interface Surroundings {
  readonly process?: NodeProcess;
  readonly localStorage?: { getItem(key: string): string | null; setItem(key: string, value: string): void };
}

/** The user's store; where there is none, one that forgets everything. */
export function userStore(around: Surroundings = globalThis as Surroundings): TextStore {
  return fileStore(around.process) ?? browserStore(around) ?? { read: () => undefined, write: () => {} };
}

function fileStore(process: NodeProcess | undefined): TextStore | undefined {
  const files = process?.getBuiltinModule?.("node:fs");
  const home = process?.getBuiltinModule?.("node:os").homedir();
  if (!process || !files || !home) return undefined;
  const folder = cacheFolder(process, home, "webgpu");
  return {
    read: (name) => quietly(() => files.readFileSync(`${folder}/${name}.json`, "utf8")),
    write: (name, text) =>
      quietly(() => {
        files.mkdirSync(folder, { recursive: true });
        const scratch = `${folder}/${name}.${process.pid}.tmp`;
        files.writeFileSync(scratch, text);
        files.renameSync(scratch, `${folder}/${name}.json`);
      }),
  };
}

function browserStore({ localStorage }: Surroundings): TextStore | undefined {
  if (!localStorage) return undefined;
  return {
    read: (name) => quietly(() => localStorage.getItem(`cambium/webgpu/${name}`) ?? undefined),
    write: (name, text) => quietly(() => localStorage.setItem(`cambium/webgpu/${name}`, text)),
  };
}

/** A cache that is missing, full or forbidden is not an error. */
function quietly<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
