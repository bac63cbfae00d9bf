"""Writes what a script has measured into a page, between two marks."""

import os
import platform
import sys


def replace(page, kind, parts):
    """Replaces what stands between the marks of this kind by the parts, one empty line apart."""
    begin, end = f"<!-- begin of the {kind} table -->\n", f"<!-- end of the {kind} table -->"
    before, found, rest = page.read_text().partition(begin)
    _, found_end, after = rest.partition(end)
    if not found or not found_end:
        sys.exit(f"{page} lacks the lines `{begin.strip()}` and `{end}`; add both where the table belongs")
    page.write_text("\n\n".join([before + begin.strip(), *parts, end + after]))


def machine():
    """This machine, in a few words."""
    return f"a machine with {os.cpu_count()} CPUs and Linux {'.'.join(platform.release().split('.')[:2])}"
