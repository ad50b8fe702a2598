// HTML as a tagged template: every interpolated value is escaped unless it is an Html value.

/** Markup that is safe to interpolate unescaped. */
export class Html {
  constructor(readonly text: string) {}
}

type Value = Html | string | number | null | undefined | false | readonly Value[];

/** Strings and numbers are escaped, {@link Html} and arrays of it are not; null, undefined and false give nothing. */
export function html(strings: TemplateStringsArray, ...values: Value[]): Html {
  return new Html(strings.map((text, i) => text + (i < values.length ? render(values[i]) : "")).join(""));
}

/** Declares markup made elsewhere (a chart, the style sheet) safe. Never pass text from a run. */
export function trusted(markup: string): Html {
  return new Html(markup);
}

/** Escapes text for an element or a quoted attribute. Control characters that HTML forbids become U+FFFD. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`).replace(/[^\P{Cc}\t\n\r]/gu, "\uFFFD");
}

function render(value: Value): string {
  if (value === null || value === undefined || value === false) return "";
  if (value instanceof Html) return value.text;
  if (typeof value === "object") return value.map(render).join("");
  return escapeHtml(String(value));
}
