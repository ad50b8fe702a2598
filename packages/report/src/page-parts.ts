// The entry `@cambium/report/page-parts`: parts for Cambium's other pages (document, markup, logo, charts).
export type { Spec } from "vega";
export { type Axes, linesChart, type Point, type Series } from "./charts/lines-chart.js";
export { renderChart, type Size } from "./charts/render.js";
export { documentText } from "./document.js";
export { type Html, html, trusted } from "./html.js";
export { mark } from "./sections/mark.js";
