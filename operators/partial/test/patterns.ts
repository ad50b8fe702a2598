// The eight patterns of Du et al. 2024, Table 5, and the connections that each keeps, counted by hand.

/** The growths that every pattern is tried on, in layers. */
export const growths = [
  [6, 24],
  [6, 12],
  [6, 18],
  [6, 30],
  [6, 36],
  [12, 24],
  [12, 30],
  [12, 36],
  [12, 48],
] as const;

/** By pattern: for each of `growths` the connections kept, of one less than its layers; null where no whole number of repeats makes it. */
export const patterns: Readonly<Record<string, readonly (number | null)[]>> = {
  "123456x4": [20, 10, 15, 25, 30, 22, null, 33, 44],
  "12-3456x5-56": [18, 9, null, null, 27, 21, null, null, 42],
  "12-345x7-6": [17, 9, 13, 21, 25, 21, 26, 31, 41],
  "123-456x7": [17, 9, 13, 21, 25, 21, 26, 31, 41],
  "1234-56x10": [14, 8, 11, 17, 20, 20, null, 29, 38],
  "12-34x10-56": [14, 8, 11, 17, 20, 20, null, 29, 38],
  "1-234x7-56": [17, 9, 13, 21, 25, 21, 26, 31, 41],
  "123x7-456": [17, 9, 13, 21, 25, 21, 26, 31, 41],
};
