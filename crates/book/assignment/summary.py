"""Writes reports of `echolab check --json` as Markdown: the points, and what did not pass.

    python3 summary.py report.json
"""

import argparse
import json


def first_line(report):
    points = report.get("points")
    if points is None:
        return report["verdict"]
    grade = f"{points['reached']:g} of {points['possible']:g} points"
    if points["preliminary"]:
        grade += " (preliminary: run it again)"
    return f"{grade}: {points.get('title', report['verdict'])}"


def block(case):
    because = f", because {case['because']}" if "because" in case else ""
    lines = [f"- `{case['name']}`: {case['outcome'].replace('-', ' ')}{because}"]
    if finding := case.get("finding"):
        lines += [f"  - it saw: {finding['what']}"]
        if "server" in finding:
            lines += listing("the server", finding["server"])
        lines += [f"  - it means: {finding['means']}"]
        lines += listing("by hand", finding["by_hand"])
    return "\n".join(lines)


def listing(label, text):
    lines = [f"    {line}" for line in text.splitlines()]
    return [f"  - {label}:", "", "    ```", *lines, "    ```", ""]


def summary(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if not text.strip():
        return f"{path} is empty: the server does not build, or the check did not start"
    report = json.loads(text)
    others = [c for c in report["cases"] if c["outcome"] not in ("passed", "left-out")]
    return "\n".join([f"## {first_line(report)}", "", *map(block, others)])


parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("report", nargs="+", help="a file with the document of --json")
for path in parser.parse_args().report:
    print(summary(path))
