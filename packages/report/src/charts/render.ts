// Renders a Vega specification to an SVG that scales with its column, takes its colours from the page and has a title
// and a description for screen readers.
import { parse, type Spec, View } from "vega";
import { escapeHtml, type Html, trusted } from "../html.js";

/** The plotting area in CSS pixels before the page scales it. */
export interface Size {
  readonly width: number;
  readonly height: number;
  /** Most points of a line. */
  readonly detail: number;
  /** CSS class: `wide` is shown on wide screens only, `narrow` on phones only, `any` on both. */
  readonly shown: "wide" | "narrow" | "any";
}

export interface Caption {
  /** Unique within the page. */
  readonly id: string;
  readonly title: string;
  /** The chart in words, for screen readers. */
  readonly description: string;
}

/** Shared by all charts. Colours are the page's custom properties, so dark mode is handled by the style sheet. */
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

/**
 * Renders a specification with at most one clipped group. Its text must not come from a run, because Vega's escaping is
 * not relied upon.
 */
export async function renderChart(spec: Spec, size: Size, caption: Caption): Promise<Html> {
  const view = new View(parse({ autosize: "none", width: size.width, height: size.height, config, ...spec }), {
    renderer: "none",
  });
  const svg = await view.toSVG().finally(() => view.finalize());
  const body = svg
    .slice(svg.indexOf(">") + 1)
    // Vega numbers clip paths process-wide; the chart's only one gets the chart's id, so that output is reproducible.
    .replaceAll(/(url\(#|id=")clip\d+/g, `$1${caption.id}-clip`)
    .replaceAll(/ role="graphics-[a-z]+"| aria-roledescription="[a-z ]+"| font-family="[^"]*"/g, "");
  const box = /viewBox="([-\d. ]+)"/.exec(svg)?.[1] ?? "";
  const [title, description] = [`${caption.id}-title`, `${caption.id}-desc`];
  return trusted(
    `<svg class="chart ${size.shown}" viewBox="${box}" role="img" aria-labelledby="${title} ${description}">` +
      `<title id="${title}">${escapeHtml(caption.title)}</title><desc id="${description}">${escapeHtml(caption.description)}</desc>${body}`,
  );
}
