// cambium data: makes token files, shows what they hold, and converts them from and to other projects' formats.
import { Command } from "commander";
import type { Host } from "../host.js";
import { dataExportCommand } from "./data-export.js";
import { dataInspectCommand } from "./data-inspect.js";
import { dataPrepareCommand } from "./data-prepare.js";

export function dataCommand(host: Host): Command {
  return new Command("data")
    .enablePositionalOptions()
    .addCommand(dataPrepareCommand(host))
    .addCommand(dataInspectCommand())
    .addCommand(dataExportCommand());
}
