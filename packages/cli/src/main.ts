#!/usr/bin/env node
// `cambium`: the program of this package.
import { main } from "./program.js";

// A reader that has seen enough (`cambium inspect … | head`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

process.exitCode = await main(process.argv.slice(2));
