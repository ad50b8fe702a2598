// Creates plugin packages from templates, with passing tests, inside this repository or anywhere else.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CambiumError } from "@cambium/ir";
import type { PluginKind } from "../kind.js";

/** What a new package needs in addition to the template's files. */
interface Template {
  readonly kind: PluginKind;
  /** Its initial description; `__` stands for the name. */
  readonly says: string;
  /** The packages of Cambium that it imports. */
  readonly needs: readonly string[];
  /** Other packages that it imports, with version ranges. */
  readonly libraries?: Readonly<Record<string, string>>;
}

const kinds = {
  operator: {
    kind: "operator",
    says: "The growth operator `__`: the base, then its last layer again and again.",
    needs: ["growth"],
  },
  backend: {
    kind: "backend",
    says: "The backend `__`: so far plain loops in host memory.",
    needs: ["backend", "ir"],
  },
  family: {
    kind: "family",
    says: "The model family `__`: so far Llama with attention and MLP side by side.",
    needs: ["ir", "model"],
  },
  task: {
    kind: "eval",
    says: "The evaluation task `__`: so far multiple choice, by the likeliest answer.",
    needs: ["eval"],
    libraries: { zod: "^4.6.7" },
  },
} as const satisfies Readonly<Record<string, Template>>;

/** The names of the templates. */
export type TemplateKind = keyof typeof kinds;
export const templateKinds = Object.keys(kinds) as readonly TemplateKind[];

/** The kind of plugin that a template makes. */
export function pluginKindOf(template: TemplateKind): PluginKind {
  return kinds[template].kind;
}

/** The folder is beside both `src/` and `dist/`. */
const templates = fileURLToPath(new URL("../../templates/", import.meta.url));
const suffix = ".template";

const reserved =
  /^(arguments|await|case|catch|class|const|continue|default|delete|do|else|enum|eval|export|false|for|function|if|import|in|instanceof|let|new|null|return|static|super|switch|this|throw|true|try|typeof|var|void|while|with|yield)$/;

export interface Spellings {
  /** As a file: `soft-sign`. */
  readonly kebab: string;
  /** As an identifier: `softSign`. */
  readonly camel: string;
}

/** Both spellings of a name. @throws CambiumError `E_USAGE` for an invalid name. */
export function spellings(name: string): Spellings {
  const kebab = name.replace(/([a-z0-9])([A-Z])/g, "$1-$2").toLowerCase();
  const expected = "lower-case words of letters and digits, joined by hyphens (soft-sign)";
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(kebab) || kebab.length > 60)
    throw new CambiumError("E_USAGE", `"${name}" is not a valid name`, { expected });
  const camel = kebab.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  if (reserved.test(camel))
    throw new CambiumError("E_USAGE", `"${name}" is a reserved word in JavaScript`, { expected });
  return { kebab, camel };
}

export interface NewPlugin {
  readonly kind: TemplateKind;
  readonly name: string;
  /** The name in package.json, e.g. `cambium-operator-mine`. */
  readonly packageName: string;
  /** The version range of Cambium's packages that it depends on; absent for a package of this repository. */
  readonly cambium?: string;
}

/**
 * Writes a package into `folder`.
 * @returns the paths written, relative to the folder.
 * @throws CambiumError `E_USAGE` for an invalid name, `E_EXISTS` if one of the files exists. Nothing is then written.
 */
export function createPlugin(folder: string, { kind, name, packageName, cambium }: NewPlugin): string[] {
  const template: Template = kinds[kind];
  const range = cambium ?? "workspace:*";
  const { kebab, camel } = spellings(name);
  const pascal = camel.replace(/^./, (letter) => letter.toUpperCase());
  const values = { kebab, camel, pascal, package: packageName };
  return writeNew(folder, {
    ...render(join(templates, kind), values),
    ...packageFiles(cambium === undefined ? "inside" : "outside", {
      ...{ package: packageName, kind: template.kind, description: template.says.replace("__", kebab) },
      needs: {
        ...Object.fromEntries(template.needs.map((one) => [`@cambium/${one}`, range])),
        ...template.libraries,
      },
    }),
  });
}

export interface PackageDescription {
  readonly package: string;
  readonly kind: PluginKind;
  readonly description: string;
  /** Its dependencies with their ranges. */
  readonly needs: Readonly<Record<string, string>>;
}

/** The files that make a folder a package, inside this repository or outside: contents by path. */
export function packageFiles(
  place: "inside" | "outside",
  { needs, ...values }: PackageDescription,
): Record<string, string> {
  const dependencies = JSON.stringify(needs, null, 2).replaceAll("\n", "\n  ");
  return render(join(templates, place), { ...values, dependencies });
}

/**
 * Fills in a template, and returns contents by path. A template is a folder of files that end in `.template`; `__key__`
 * in their paths and contents stands for a value. @throws Error for a `__key__` without a value.
 */
export function render(template: string, values: Readonly<Record<string, string>>): Record<string, string> {
  const fill = (text: string) =>
    text.replace(/__([a-zA-Z]+)__/g, (placeholder, key: string) => {
      const value = values[key];
      if (value === undefined) throw new Error(`template ${template}: no value for ${placeholder}`);
      return value;
    });
  return Object.fromEntries(
    readdirSync(template, { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(suffix))
      .sort()
      .map((path) => [fill(path.slice(0, -suffix.length)), fill(readFileSync(join(template, path), "utf8"))]),
  );
}

/**
 * Writes new files into `folder` and returns their paths. @throws CambiumError `E_EXISTS` before anything is written.
 */
export function writeNew(folder: string, files: Readonly<Record<string, string>>): string[] {
  const paths = Object.keys(files);
  const taken = paths.filter((path) => existsSync(join(folder, path)));
  if (taken.length > 0) {
    const reasons = taken.map((path) => ({ where: path, message: "exists" }));
    throw new CambiumError("E_EXISTS", "files that would be written already exist", { where: folder, reasons });
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return paths;
}
