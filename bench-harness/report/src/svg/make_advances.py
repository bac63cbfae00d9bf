#!/usr/bin/env python3
"""Writes advances.tsv: for each character, the widest advance among the usual sans-serif fonts.

The default font of a reader is usually one of FONTS. Run this again after a change of that list or of EXTRA:

    apt-get install python3-fonttools fontconfig fonts-dejavu-core fonts-liberation fonts-noto-core \\
        fonts-open-sans fonts-roboto-unhinted fonts-inter fonts-cantarell
    python3 make_advances.py >advances.tsv
"""

import math
import subprocess
import sys

from fontTools.ttLib import TTFont

# Liberation Sans has the advances of Arial, Helvetica and Arimo; DejaVu Sans is nearly as wide as Verdana.
FONTS = ["DejaVu Sans", "Liberation Sans", "Noto Sans", "Open Sans", "Roboto", "Inter", "Cantarell"]
# Notes in the figures are italic, and italic letters may be wider than upright ones.
STYLES = {"regular": [("regular", "roman"), ("regular", "italic")], "bold": [("bold", "roman")]}
# Characters beyond Latin-1 that reports write.
EXTRA = "–—‘’“”•…→←λ−≈≤≥●○\u2007"
CHARACTERS = [chr(code) for code in [*range(0x20, 0x7F), *range(0xA0, 0x100)] if code != 0xAD] + sorted(EXTRA)


def load(family, weight, slant):
    """The font that fontconfig finds for a family, a weight and a slant."""
    pattern = f"{family}:weight={weight}:slant={slant}:width=normal"
    query = ["fc-match", "--format=%{family}\t%{file}", pattern]
    found, file = subprocess.run(query, capture_output=True, check=True, text=True).stdout.split("\t")
    if family not in found.split(","):
        sys.exit(f"{family} is not installed; install the packages that the head of {__file__} names")
    return TTFont(file)


def thousandths(font, units):
    """Thousandths of the font size, rounded up."""
    return math.ceil(units * 1000 / font["head"].unitsPerEm - 1e-9)


def advance(fonts, character):
    """The widest advance of a character."""
    widths = []
    for font in fonts:
        glyph = font.getBestCmap().get(ord(character))
        # A font without the character borrows it from another one, where symbols are up to one font size wide.
        widths.append(thousandths(font, font["hmtx"][glyph][0]) if glyph else 1000)
    return max(widths)


def main():
    weights = [[load(family, *style) for family in FONTS for style in styles] for styles in STYLES.values()]
    print("# Widest of", ", ".join(FONTS) + ", in thousandths of the font size. Made by make_advances.py.")
    print("# code point", *STYLES, "character", sep="\t")
    # Figures are tabular in columns of numbers: each digit may be as wide as the widest one.
    digits = [max(advance(fonts, digit) for digit in "0123456789") for fonts in weights]
    for character in CHARACTERS:
        widths = digits if character in "0123456789\u2007" else [advance(fonts, character) for fonts in weights]
        print(f"{ord(character):04X}", *widths, character, sep="\t")


main()
