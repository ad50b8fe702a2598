#!/usr/bin/env node
// `cambium`: the program of this package.
import { main } from "./program.js";
import { outliveStreams } from "./streams.js";

outliveStreams();
process.exitCode = await main(process.argv.slice(2));
