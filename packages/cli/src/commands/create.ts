// cambium create: writes a new package for an operator, a backend, a model family or an evaluation task.
import { join, relative, resolve } from "node:path";
import { nameOfPackage } from "@cambium/plugin";
import { createPlugin, pluginKindOf, spellings, type TemplateKind, templateKinds } from "@cambium/plugin/node";
import { version } from "@cambium/run";
import { Argument, Command } from "commander";
import { print } from "../terminal.js";

interface Flags {
  readonly out?: string;
  readonly package?: string;
  readonly json?: boolean;
}

/** How to use the package once it is installed. */
const uses: { readonly [K in TemplateKind]: (name: string) => string } = {
  operator: (name) => `cambium grow ./base ./grown --operator ${name}`,
  backend: (name) => `--backend ${name}`,
  family: (name) => `model: { family: ${name}, … } in a recipe`,
  task: (name) => `cambium eval ./model --data ./rows --tasks ${name}`,
};

export function createCommand(): Command {
  return new Command("create")
    .addArgument(new Argument("<kind>", "what to make").choices(templateKinds))
    .argument("<name>", "its name in recipes and commands: my-stack")
    .option("--package <name>", "the package's name (default: cambium-KIND-NAME; for a task cambium-eval-NAME)")
    .option("--out <folder>", "where to write it (default: cambium-KIND-NAME in the working directory)")
    .option("--json", "print what was written as JSON")
    .addHelpText(
      "after",
      `
With --json: {"name": its name in commands and recipes, "package", "folder", "files": [PATH, …]}

Examples:
  cambium create operator my-stack
  cambium create family my-decoder
  cambium create task my-questions
  cambium create backend abacus --package @acme/cambium-backend-abacus --out ./abacus`,
    )
    .action((kind: TemplateKind, given: string, flags: Flags) => {
      const { kebab: name } = spellings(given);
      const usual = `cambium-${pluginKindOf(kind)}-${name}`;
      const packageName = flags.package ?? usual;
      const folder = resolve(flags.out ?? usual);
      const files = createPlugin(folder, { kind, name, packageName, cambium: `^${version}` });
      const called = nameOfPackage(pluginKindOf(kind), packageName);
      if (flags.json) return print(JSON.stringify({ name: called, package: packageName, folder, files }));
      const shown = relative(process.cwd(), folder) || ".";
      print(
        [
          ...files.map((path) => `wrote ${join(shown, path)}`),
          "",
          `  cd ${shown} && npm install && npm test && npm run build`,
          `  npm install ${/^[./]/.test(shown) ? shown : `./${shown}`}      in the project that is to use it; then ${uses[kind](called)}`,
        ].join("\n"),
      );
    });
}
