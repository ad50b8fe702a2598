"""The classes of characters of Python's tokenizers, as JSON for unicode-table.ts, which says what of them the build in
WebAssembly has otherwise.

    python tools/golden/unicode_classes.py | npx tsx --conditions=@cambium/source tools/golden/unicode-table.ts
"""

import json
import sys

import tokenizers
from tokenizers import Regex, normalizers, pre_tokenizers

CATEGORIES = "Cc Cf Cn Co Cs Ll Lm Lo Lt Lu Mc Me Mn Nd Nl No Pc Pd Pe Pf Pi Po Ps Sc Sk Sm So Zl Zp Zs".split()
SCRIPTS = (
    "Han Latin Greek Cyrillic Hiragana Katakana Hangul Arabic Hebrew Thai Devanagari Bengali Tamil Kannada Telugu "
    "Georgian Armenian Ethiopic Khmer Lao Myanmar Tibetan Mongolian Cherokee Bopomofo Yi Malayalam Sinhala Gujarati "
    "Gurmukhi Oriya Balinese Javanese Common Inherited"
).split()
PROPERTIES = (
    "C L LC M N P S Z Any Assigned Alnum Alpha Blank Cntrl Digit Graph Lower Print Punct Space Upper XDigit Word "
    "Alphabetic Uppercase Lowercase Math White_Space ID_Start ID_Continue XID_Start XID_Continue Ideographic Emoji "
    "Extended_Pictographic Diacritic Extender Cased Case_Ignorable Dash Hex_Digit Default_Ignorable_Code_Point "
    "Grapheme_Base Grapheme_Extend Unified_Ideograph Variation_Selector Emoji_Presentation Emoji_Modifier "
    "Emoji_Modifier_Base Emoji_Component Quotation_Mark Terminal_Punctuation Sentence_Terminal Soft_Dotted "
    "Join_Control Bidi_Control Changes_When_Lowercased Changes_When_Uppercased"
).split()
# Planes 4 to 13 are empty. Without surrogates and private use, and without `a` and `b`, which stand for yes and no.
PLANES = (*range(0x40000), *range(0xE0000, 0xE1000))
POINTS = [point for point in PLANES if not 0xD800 <= point <= 0xF8FF and point not in (0x61, 0x62)]


def ranges(points):
    out = []
    for point in points:
        if out and out[-1][1] == point - 1:
            out[-1][1] = point
        else:
            out.append([point, point])
    return out


def members(name):
    """Which characters `\\p{name}` finds."""
    parts = [normalizers.Replace(Regex(rf"\p{{{name}}}"), "a"), normalizers.Replace(Regex("[^a]"), "b")]
    found = []
    for start in range(0, len(POINTS), 1000):
        some = POINTS[start : start + 1000]
        answers = normalizers.Sequence(parts).normalize_str("".join(map(chr, some)))
        found += [point for point, answer in zip(some, answers, strict=True) if answer == "a"]
    return ranges(found)


def main():
    digits, lower = pre_tokenizers.Digits(individual_digits=True), normalizers.Lowercase()
    small = {point: lower.normalize_str(chr(point)) for point in POINTS}
    json.dump(
        {
            "version": tokenizers.__version__,
            "categories": {name: members(name) for name in CATEGORIES},
            "scripts": {name: members(name) for name in SCRIPTS},
            "properties": {name: members(name) for name in PROPERTIES},
            # By Rust's own tables, which are newer than Oniguruma's.
            "digits": ranges(point for point in POINTS if len(digits.pre_tokenize_str("x" + chr(point))) == 2),
            "lower": {point: text for point, text in small.items() if text != chr(point)},
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
