// The command-line options of every study.
import { resolve } from "node:path";
import { parseArgs } from "node:util";

export interface StudyOptions {
  readonly full: boolean;
  /** The folder of runs and page. */
  readonly folder: string;
  readonly seeds: number;
  /** Passed on to `cambium sweep`. */
  readonly flags: readonly string[];
}

/** Reads the options. Prints the help and ends the process for `--help` or an option that does not fit. */
export function studyOptions(name: string, about: string, args: readonly string[]): StudyOptions {
  const help = `npm run study -- ${name} [--full] [--seeds 3] [--out runs/study-${name}] [--jobs 1] [--backend NAME]

${about}
The same command again continues. The page is OUT/${name}.html. --full is larger and takes a night.`;
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        full: { type: "boolean", default: false },
        seeds: { type: "string", default: "3" },
        out: { type: "string" },
        jobs: { type: "string", default: "1" },
        backend: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    const seeds = Number(values.seeds);
    if (values.help) {
      console.log(help);
      process.exit(0);
    }
    if (!Number.isInteger(seeds) || seeds < 2)
      throw new Error(`--seeds ${values.seeds}: a whole number of at least 2, because one seed has no error bar`);
    if (!/^[1-9]\d*$/.test(values.jobs)) throw new Error(`--jobs ${values.jobs}: a whole number of at least 1`);
    const folder = resolve(values.out ?? `runs/study-${name}${values.full ? "-full" : ""}`);
    const backend = values.backend === undefined ? [] : ["--backend", values.backend];
    return { full: values.full, folder, seeds, flags: ["--jobs", values.jobs, ...backend] };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${help}`);
    process.exit(2);
  }
}
