#!/usr/bin/env node
// `cambium`: the program of this package.
import { main } from "./program.js";

const code = await main(process.argv.slice(2));
// A command may have set a code of its own.
process.exitCode ||= code;
