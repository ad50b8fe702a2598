// The commands. A command is one file in commands/ and one entry here.
import type { Command } from "commander";
import type { Host } from "./host.js";

export interface Entry {
  /** What the command does, for its help and for the list of commands. */
  readonly does: string;
  /** Imports the command, which happens only when it is called: help and other commands do not wait for it. */
  load(): Promise<(host: Host) => Command>;
}

/** By name, in the order of the help. */
export const entries: Readonly<Record<string, Entry>> = {
  init: {
    does: "Write a recipe for a text of your own, with a comment on each field.",
    load: async () => (await import("./commands/init.js")).initCommand,
  },
  run: {
    does: "Run a recipe: train the base, grow it, continue training, train from scratch too, and report.",
    load: async () => (await import("./commands/run.js")).runCommand,
  },
  launch: {
    does: "Train stages of a recipe with an engine: in several processes here, or on a cluster.",
    load: async () => (await import("./commands/launch.js")).launchCommand,
  },
  data: {
    does: "Make token files of a corpus, inspect them, and convert them from and to litgpt and nanoGPT.",
    load: async () => (await import("./commands/data.js")).dataCommand,
  },
  train: {
    does: "Continue training a checkpoint: a Hugging Face directory in, a run with the trained model out.",
    load: async () => (await import("./commands/train.js")).trainCommand,
  },
  grow: {
    does: "Grow a checkpoint: a Hugging Face directory in, a larger one out, streamed.",
    load: async () => (await import("./commands/grow.js")).growCommand,
  },
  preview: {
    does: "Show a grown model's loss on a text next to the base's, without writing the model.",
    load: async () => (await import("./commands/preview.js")).previewCommand,
  },
  generate: {
    does: "Continue a prompt with a model.",
    load: async () => (await import("./commands/generate.js")).generateCommand,
  },
  eval: {
    does: "Evaluate a model on tasks, with the figures that lm-evaluation-harness defines.",
    load: async () => (await import("./commands/eval.js")).evalCommand,
  },
  serve: {
    does: "Serve a model's completions and log-likelihoods over HTTP, until Ctrl-C.",
    load: async () => (await import("./commands/serve.js")).serveCommand,
  },
  inspect: {
    does: "Show what a recipe, run, part of a run, checkpoint or safetensors file holds, or the graph of its model.",
    load: async () => (await import("./commands/inspect.js")).inspectCommand,
  },
  report: {
    does: "Write report.html from a run's directory, finished or in progress.",
    load: async () => (await import("./commands/report.js")).reportCommand,
  },
  sweep: {
    does: "Run a recipe over values of its fields; shared stages are trained once, all results are one table.",
    load: async () => (await import("./commands/sweep.js")).sweepCommand,
  },
  plan: {
    does: "Plan growth to a target model: when, by how much, its cost, and what such growth has saved.",
    load: async () => (await import("./commands/plan.js")).planCommand,
  },
  fit: {
    does: "Fit scaling laws, IsoFLOP grids or growth timing to a table of runs, with intervals.",
    load: async () => (await import("./commands/fit.js")).fitCommand,
  },
  verify: {
    does: "Check that backends compute what the reference does, op by op, and name the first that does not.",
    load: async () => (await import("./commands/verify.js")).verifyCommand,
  },
  plugins: {
    does: "List the plugins that are installed, with their versions and claims.",
    load: async () => (await import("./commands/plugins.js")).pluginsCommand,
  },
  setup: {
    does: "Build or fetch what a backend or an engine needs before it can run, or undo that.",
    load: async () => (await import("./commands/setup.js")).setupCommand,
  },
  create: {
    does: "Make a package for an operator, a backend, a model family or an evaluation task. It builds and passes the conformance suite as it is.",
    load: async () => (await import("./commands/create.js")).createCommand,
  },
  bench: {
    does: "Measure every installed backend and engine on the same work, in turns, each case in a process of its own.",
    load: async () => (await import("./commands/bench.js")).benchCommand,
  },
  doctor: {
    does: "Say what is installed, what would run and why not, with the exact fix.",
    load: async () => (await import("./commands/doctor.js")).doctorCommand,
  },
};
