// Suggestions for misspelt names ("did you mean").

/**
 * The nearest name, if its Damerau–Levenshtein distance is at most a third of the length of `word`, and at least 1; else
 * the first name that `word` begins, from three letters on.
 */
export function closest(word: string, names: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(word.length / 3));
  const ranked = names.map((name) => ({ name, edits: distance(word.toLowerCase(), name.toLowerCase()) }));
  const [near] = ranked.filter(({ edits }) => edits <= limit).sort((a, b) => a.edits - b.edits);
  // Words may be megabytes long.
  const mayBegin = ({ length }: string) => word.length >= 3 && word.length <= length;
  return near?.name ?? names.find((name) => mayBegin(name) && name.toLowerCase().startsWith(word.toLowerCase()));
}

function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 8 || a.length > 64) return Number.POSITIVE_INFINITY;
  const rows = Array.from({ length: a.length + 1 }, (_, i) => [i]);
  for (let j = 1; j <= b.length; j++) (rows[0] as number[])[j] = j;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const row = rows[i] as number[];
      const above = rows[i - 1] as number[];
      const change = (above[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(change, (above[j] as number) + 1, (row[j - 1] as number) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        row[j] = Math.min(row[j] as number, ((rows[i - 2] as number[])[j - 2] as number) + 1);
      }
    }
  }
  return (rows[a.length] as number[])[b.length] as number;
}
