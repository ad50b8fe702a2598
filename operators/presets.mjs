// The presets: operators under their own names with some options fixed. A line here makes the package operators/NAME
// (`npm run new -- preset NAME`).

/**
 * of: the operator, options: what is fixed, summary: one line for lists, about: what a reader should know beyond that.
 * @type {Readonly<Record<string, { of: string, options: object, summary: string, about: string }>>}
 */
export const presets = {
  ...partial(
    "123456x4",
    "the whole model, four times: G_stack written as a partial stack",
    "among the best four of eight",
  ),
  ...partial(
    "12-3456x5-56",
    "the first third, the last four sixths five times, the last third once more",
    "among the best four of eight",
  ),
  ...partial(
    "12-345x7-6",
    "the middle half repeated between its beginning and its end",
    "among the best four of eight",
  ),
  ...partial("123-456x7", "the back half repeated", "among the best four of eight"),
  ...partial("1234-56x10", "the last third repeated", "in the middle of eight"),
  ...partial("12-34x10-56", "the middle third repeated", "in the middle of eight"),
  ...partial("1-234x7-56", "sixths two to four repeated", "in the middle of eight"),
  ...partial("123x7-456", "the front half repeated", "the worst of eight: below training from scratch"),
  "llama-pro": {
    of: "zero-depth",
    options: { frozen: true },
    summary: "LLaMA Pro: new layers that start as the identity; only they train (Wu et al. 2024)",
    about: "The base's layers stay as they are. The paper reports new knowledge without the loss of the old.",
  },
  mslt: {
    of: "append-top",
    options: { frozen: true },
    summary: "multi-stage layerwise training: only what was appended trains, and the head (Yang et al. 2020)",
    about:
      "The last stage of the method trains everything: grow with append-top there. The paper reports BERT trained more than 110 % faster.",
  },
  midas: {
    of: "middle-block",
    options: { insert: "midas" },
    summary: "MIDAS: the middle block a second time (Saunshi et al. 2024)",
    about:
      "Repeated in equal stages, schedule unbroken, it is the method of the paper, which reports up to 40 % less time and better reasoning at a similar loss.",
  },
  lidas: {
    of: "middle-block",
    options: { insert: "lidas" },
    summary: "LIDAS: the layers around the middle a second time (arXiv 2512.08819)",
    about: "The paper reports 1.29 times less compute at 1.7 B parameters, at equal steps and with one seed.",
  },
  net2net: {
    of: "direct-width",
    options: { map: "random", split: "even" },
    summary: "Net2WiderNet: random indices a second time, weights that read them shared evenly (Chen et al. 2016)",
    about:
      "Copies with even shares stay alike under any optimizer without noise; the paper adds some, and reports that the larger network trains on where the smaller one was.",
  },
  hypercloning: {
    of: "direct-width",
    options: { map: "tile", split: "paired" },
    summary: "HyperCloning: the model tiled, copies told apart by noise in pairs that cancels (Samragh et al. 2024)",
    about:
      "Exact at any noise. Here a tied table stays tied, its split in the last norm; the method's own code unties it. The paper reports 2.2 to 4 times faster training than from scratch.",
  },
};

/** A line of Du et al. 2024, Table 5; `loss`: where the paper finds its loss among the eight. */
function partial(pattern, what, loss) {
  const summary = `partial stacking ${pattern.replace("x", "*")} (Du et al. 2024, Table 5)`;
  const about = `${what[0].toUpperCase()}${what.slice(1)}; a digit is a sixth of the base. The paper finds its loss ${loss}.`;
  return { [`partial-${pattern}`]: { of: "partial", options: { pattern }, summary, about } };
}
