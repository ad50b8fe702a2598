// A Vega specification to an SVG that scales with its column, takes its colours from the page and is read aloud.
import { parse, type Spec, View } from "vega";
import { escapeHtml, type Html, trusted } from "../html.js";

/** Drawing area in CSS pixels at natural size; the page scales it. */
export interface Size {
  readonly width: number;
  readonly height: number;
  /** Points a line may have. */
  readonly detail: number;
  /** Class that says where it is shown: `wide` on broad screens only, `narrow` on phones only, `any` on both. */
  readonly shown: "wide" | "narrow" | "any";
}

export interface Caption {
  /** Unique in the page. */
  readonly id: string;
  readonly title: string;
  /** What the chart shows, in words, for those who cannot see it. */
  readonly description: string;
}

/** What all charts share; colours are the page's custom properties, so that dark mode is the page's affair. */
const config: NonNullable<Spec["config"]> = {
  axis: {
    domainColor: "var(--rule)",
    tickColor: "var(--rule)",
    gridColor: "var(--grid)",
    labelColor: "var(--muted)",
    titleColor: "var(--muted)",
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: "normal",
    labelPadding: 6,
  },
};

/** Renders a specification of at most one clipped group. Its text must not come from a run: Vega's own escaping is not relied upon. */
export async function renderChart(spec: Spec, size: Size, caption: Caption): Promise<Html> {
  const view = new View(parse({ autosize: "none", width: size.width, height: size.height, config, ...spec }), {
    renderer: "none",
  });
  const svg = await view.toSVG().finally(() => view.finalize());
  const body = svg
    .slice(svg.indexOf(">") + 1)
    // Vega numbers clip paths over the life of the process; a chart has one, named after the chart.
    .replaceAll(/(url\(#|id=")clip\d+/g, `$1${caption.id}-clip`)
    .replaceAll(/ role="graphics-[a-z]+"| aria-roledescription="[a-z ]+"| font-family="[^"]*"/g, "");
  const box = /viewBox="([-\d. ]+)"/.exec(svg)?.[1] ?? "";
  const [title, description] = [`${caption.id}-title`, `${caption.id}-desc`];
  return trusted(
    `<svg class="chart ${size.shown}" viewBox="${box}" role="img" aria-labelledby="${title} ${description}">` +
      `<title id="${title}">${escapeHtml(caption.title)}</title><desc id="${description}">${escapeHtml(caption.description)}</desc>${body}`,
  );
}
