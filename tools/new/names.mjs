// Names of new things: one word list, spelled as a file (`soft-sign`) and as an identifier (`softSign`).

const reserved =
  /^(arguments|await|case|catch|class|const|continue|default|delete|do|else|enum|eval|export|false|for|function|if|import|in|instanceof|let|new|null|return|static|super|switch|this|throw|true|try|typeof|var|void|while|with|yield)$/;

/** @returns {{ kebab: string, camel: string }} both spellings. @throws Error for what is no name. */
export function spellings(name) {
  const kebab = name.replace(/([a-z0-9])([A-Z])/g, "$1-$2").toLowerCase();
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(kebab) || kebab.length > 60) {
    throw new Error(`"${name}" is no name: lower-case words of letters and digits, joined by hyphens (soft-sign)`);
  }
  const camel = kebab.replace(/-([a-z0-9])/g, (_, letter) => letter.toUpperCase());
  if (reserved.test(camel)) throw new Error(`"${name}" is a word of JavaScript`);
  return { kebab, camel };
}
