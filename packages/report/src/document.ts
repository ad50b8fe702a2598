// The HTML document around every page that Cambium writes. It needs nothing outside itself.
import { type Html, html, trusted } from "./html.js";
import { styles } from "./styles.js";

export interface DocumentParts {
  readonly title: string;
  /** Further elements of the head. */
  readonly head?: Html;
  /** CSS rules after the common style sheet. */
  readonly style?: Html;
  readonly body: Html;
}

/** The document's text. Its Content-Security-Policy forbids every request, in case a mistake lets one in. */
export function documentText({ title, head, style, body }: DocumentParts): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${head}<link rel="icon" href="data:,">
<title>${title}</title>
<style>${trusted(styles)}${style}</style>
</head>
<body>
${body}
</body>
</html>
`.text;
}
