// How the Unicode of Python's tokenizers library (0.23.3) differs from that of its build in WebAssembly (0.21):
// whole classes of Oniguruma compared, character by character. Ranges are in hexadecimal. Written by
// tools/golden/unicode-table.ts.

/** What Python's Unicode has in addition, by general category. */
export const categories = {
  cf: "13439-1343f",
  ll: "1c8a a7cd a7db 10d70-10d85 1df25-1df2a",
  lm: "10d4e 10d6f 16d40-16d42 16d6b-16d6c 1e030-1e06d 1e4eb",
  lo:
    "105c0-105f3 10d4a-10d4d 10d4f 10ec2-10ec4 1123f-11240 11380-11389 1138b 1138e 11390-113b5 113b7 " +
    "113d1 113d3 11bc0-11be0 11f02 11f04-11f10 11f12-11f33 1342f 13441-13446 13460-143fa 16100-1611d " +
    "16d43-16d6a 18cff 1b132 1b155 1e4d0-1e4ea 1e5d0-1e5ed 1e5f0 2b739 2ebf0-2ee5d 31350-323af",
  lu: "1c89 a7cb-a7cc a7da a7dc 10d50-10d65",
  mc: "cf3 113b8-113ba 113c2 113c5 113c7-113ca 113cc-113cd 113cf 11f03 11f34-11f35 11f3e-11f3f 11f41 " + "1612a-1612c",
  mn:
    "897 ece 10d69-10d6d 10efc-10eff 11241 113bb-113c0 113ce 113d0 113d2 113e1-113e2 11f00-11f01 " +
    "11f36-11f3a 11f40 11f42 11f5a 13440 13447-13455 1611e-16129 1612d-1612f 1e08f 1e4ec-1e4ef " +
    "1e5ee-1e5ef",
  nd:
    "10d40-10d49 116d0-116e3 11bf0-11bf9 11f50-11f59 16130-16139 16d70-16d79 1ccf0-1ccf9 1e4f0-1e4f9 " + "1e5f1-1e5fa",
  no: "1d2c0-1d2d3",
  pd: "10d6e",
  po: "1b4e-1b4f 1b7f 113d4-113d5 113d7-113d8 11b00-11b09 11be1 11f43-11f4f 16d6d-16d6f 1e5ff",
  sm: "10d8e-10d8f",
  so:
    "2427-2429 2ffc-2fff 31e4-31e5 31ef 1cc00-1ccef 1cd00-1ceb3 1f6dc 1f774-1f776 1f77b-1f77f 1f7d9 " +
    "1f8b2-1f8bb 1f8c0-1f8c1 1fa75-1fa77 1fa87-1fa89 1fa8f 1faad-1faaf 1fabb-1fabf 1fac6 1face-1facf " +
    "1fada-1fadc 1fadf 1fae8-1fae9 1faf7-1faf8 1fbcb-1fbef",
} as const;

/** The same by script, for the scripts that have new characters; `common` is what belongs to none. */
export const scripts: Readonly<Record<string, string>> = {
  han: "2b739 2ebf0-2ee5d 31350-323af",
  latin: "a7cb-a7cd a7da-a7dc 1df25-1df2a",
  cyrillic: "1c89-1c8a 1e030-1e06d 1e08f",
  hiragana: "1b132",
  katakana: "1b155",
  arabic: "897 10ec2-10ec4 10efc-10eff",
  devanagari: "11b00-11b09",
  kannada: "cf3",
  lao: "ece",
  myanmar: "116d0-116e3",
  balinese: "1b4e-1b4f 1b7f",
  common:
    "2427-2429 2ffc-2fff 31e4-31e5 31ef 1cc00-1ccf9 1cd00-1ceb3 1d2c0-1d2d3 1f6dc 1f774-1f776 1f77b-1f77f " +
    "1f7d9 1f8b2-1f8bb 1f8c0-1f8c1 1fa75-1fa77 1fa87-1fa89 1fa8f 1faad-1faaf 1fabb-1fabf 1fac6 " +
    "1face-1facf 1fada-1fadc 1fadf 1fae8-1fae9 1faf7-1faf8 1fbcb-1fbef",
};

/** What moved from Mn to Mc. */
export const movedMark = "1171e";

/** Alphabetic characters that are no letters. */
export const alphabeticMarks =
  "363-36f 897 c04 cf3 f82-f83 1dd3-1de6 10d69 10efc 11080-11081 11241 113b8-113c0 113c2 113c5 " +
  "113c7-113ca 113cc-113cd 11f00-11f01 11f03 11f34-11f3a 11f3e-11f40 1611e-1612e 1e08f";

/** Lowercase characters of other categories than Ll. */
export const otherLowercase = "10fc a7f2-a7f4 ab69 1e030-1e06d";

/** What `\p{Word}` has in Python and not in WebAssembly; there a `\w` by itself has it, too. */
export const wordNumbers = "b2-b3 b9 bc-be";

/** What `\p{ID_Continue}` has got besides. */
export const inIdentifiers = "200c-200d 30fb ff65";

/** Older letters whose other case is a new character. */
export const partners = "19b 264";

/** Older characters that have changed in any other property than `\p{ID_Continue}`. */
export const changed =
  "b2-b3 b9 bc-be 19b 264 363-36f 836 a71 afb c04 cc0 cc7-cc8 cca-ccb e3a f82-f83 10fc 1715 1734 " +
  "17d4-17d5 1a60 1b3b 1b3d 1b43-1b44 1baa 1be6 1bf2-1bf3 1dd3-1de6 2024 2cf9-2cfb " +
  "a7f2-a7f4 a806 a82c a953 a9c0 ab69 fe12 fe15-fe16 10a38-10a3a 10a3f 11080-11081 111c0 11235 " +
  "11237 1133b 1134d 116b6 1171e 1193d 16ff0-16ff1 1d166 1d16d";

/**
 * What the part Precompiled joins otherwise to the characters beside it: of Unicode 15 to 17, but for U+11A3A. Found by
 * texts of each character beside letters, marks and joiners.
 */
export const joined =
  "897 1acf-1add 1ae0-1aeb 10d69-10d6d 10efa-10efc 113b8-113c0 113c2 113c5 113c7-113ca 113cc-113d2 113e1-113e2 " +
  "11a3a 11b60-11b67 11f5a 1611e-1612f 1e5ee-1e5ef 1e6e3 1e6e6 1e6ee-1e6ef 1e6f5";

/** What Rust's own tables in Python's library, and so the part Digits, take for numbers and Oniguruma does not. */
export const rustNumbers = "11de0-11de9 16ff4-16ff6";

/** Letters that Rust's own tables put in lower case in Python's library alone; each range with its distance. */
export const rustCapitals = [
  ["a7ce a7d2 a7d4", 1],
  ["16ea0-16eb8", 27],
] as const;
