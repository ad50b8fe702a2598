// Templates: a folder of files ending in `.template`, in whose paths and texts `__key__` stands for a value.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const templates = fileURLToPath(new URL("../templates/", import.meta.url));
const suffix = ".template";

/** The files of a template, filled in: text by path. @throws Error for a `__key__` that has no value. */
export function render(template, values) {
  const folder = join(templates, template);
  const fill = (text) =>
    text.replace(/__([a-zA-Z]+)__/g, (placeholder, key) => {
      if (values[key] === undefined) throw new Error(`template ${template}: nothing to put for ${placeholder}`);
      return values[key];
    });
  return Object.fromEntries(
    readdirSync(folder, { recursive: true })
      .filter((path) => path.endsWith(suffix))
      .sort()
      .map((path) => [fill(path.slice(0, -suffix.length)), fill(readFileSync(join(folder, path), "utf8"))]),
  );
}

/** Writes rendered files into a folder. @throws Error, having written nothing, when one of them exists. */
export function writeNew(folder, files) {
  const taken = Object.keys(files).filter((path) => existsSync(join(folder, path)));
  if (taken.length > 0) throw new Error(`already there: ${taken.map((path) => join(folder, path)).join(", ")}`);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}
