// What another page of Cambium is made of: the document, markup, the mark, charts. The entry `@cambium/report/page-parts`.
export type { Spec } from "vega";
export { type Axes, linesChart, type Point, type Series } from "./charts/lines-chart.js";
export { renderChart, type Size } from "./charts/render.js";
export { documentText } from "./document.js";
export { type Html, html } from "./html.js";
export { mark } from "./sections/mark.js";
