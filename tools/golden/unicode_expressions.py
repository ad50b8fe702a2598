"""Which characters Python's tokenizers find by every property of Unicode that their Oniguruma knows: bare, denied, in
classes, and where case plays no part. As JSON for unicode-check.ts, which compares.

    python tools/golden/unicode_expressions.py | npx tsx --conditions=@cambium/source tools/golden/unicode-check.ts
"""

import json
import re
import sys
from pathlib import Path

import tokenizers
from tokenizers import Regex, pre_tokenizers

FORMS = [r"\p{%s}", r"[^a\p{%s}]", r"(?i:\p{%s})", r"(?i:\P{%s})", r"(?i:[\p{%s}_])", r"(?i:[^\p{%s}_])"]
# The same property by another name, and blocks, which have no members of their own: these are looked at in two forms.
FEW_FORMS = [FORMS[0], FORMS[5]]
OTHERS = [
    r"\w", r"\W", r"\d", r"\D", r"\s", r"\S", r"\h", r"\H", r"[\w]", r"[\W]", r"[\d_]", r"[^\d]", r"[^\w\s]", r"[[:punct:]]",
    r"[[:word:]]", r"[[:^alpha:]]", r"[[:alnum:]_]", r"[\p{L}&&[^\p{Lu}]]", r"[\p{ID_Continue}&&\p{Alphabetic}]",
    r"[^\p{L}&&\p{Lu}]", r"[[^\p{Lu}]\p{M}]", r"[à-ÿ]", r"[ɐ-ʯ]", r"[^a-ʯ]", r"[\x{250}-\x{2af}]", r"\x{264}", r"ƛ", r"Ɤ",
    r"[\x{a780}-\x{a7ff}]", r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]", r"[^\r\n\p{L}\p{N}]",
]  # fmt: skip
# Of planes without characters, and of the middle of blocks of one script, every sixteenth; with an argument all.
LARGE = [(0x3500, 0x4D00), (0x4F00, 0x9F00), (0xAD00, 0xD700), (0xE100, 0xF800), (0x17100, 0x18600), (0x20100, 0x2A600)]
LARGE += [(0x2A800, 0x2B700), (0x2B900, 0x2CE00), (0x2CF00, 0x2EB00), (0x2EF00, 0x2F700), (0x30100, 0x31300)]
LARGE += [(0x31400, 0x32300), (0x32400, 0xE0000), (0xE0200, 0x110000)]


def names():
    """All that Oniguruma takes, from its table in the library."""
    library = next(Path(tokenizers.__file__).parent.glob("*.so")).read_bytes()
    around = library.find(b"\0incjkunifiedideographs\0")
    texts = {found.decode() for found in re.findall(rb"(?<=\0)[a-z0-9]+(?=\0)", library[around - 40_000 : around + 40_000])}
    return sorted(name for name in texts if is_known(name))


def is_known(name):
    try:
        Regex(rf"\p{{{name}}}")
        return True
    except Exception:
        return False


def points():
    step = 1 if len(sys.argv) > 1 else 16
    skipped = {point for start, end in LARGE for point in range(start, end) if point % step}
    return [point for point in range(0x110000) if not 0xD800 <= point <= 0xDFFF and point not in skipped]


def main():
    every = points()
    text = "".join(map(chr, every))

    def found(expression):
        """Begins and ends of what it finds, as places in the text."""
        split = pre_tokenizers.Split(Regex(f"(?:{expression})+"), "removed", invert=True)
        return [place for _, span in split.pre_tokenize_str(text) for place in span]

    seen, out = set(), {}
    for name in names():
        key = str(found(FORMS[0] % name))
        forms = FEW_FORMS if key in seen or name.startswith("in") else FORMS
        seen.add(key)
        out |= {form % name: found(form % name) for form in forms}
    for expression in OTHERS:
        out |= {form: found(form) for form in (expression, f"(?i:{expression})")}
    json.dump({"points": every, "found": out}, sys.stdout)


if __name__ == "__main__":
    main()
