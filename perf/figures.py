"""figures.h for benchmarks in Python: figures with their spread and goals, as lines for people and as JSON for run-all."""

import json
import statistics
import sys


def number(value):
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 1000 else f"{value:,.0f}"


class Figures:
    def __init__(self, benchmark):
        self.benchmark, self.figures = benchmark, []

    def add(self, goal_id, what, unit, runs, at_most=None, at_least=None, note=""):
        """`runs`: the figure of each; their median counts."""
        value = statistics.median(runs)
        figure = {"id": goal_id, "what": what, "unit": unit, "value": value, "low": min(runs), "high": max(runs)}
        text = f"{goal_id:4} {what}: {number(value)} {unit} ({number(min(runs))} to {number(max(runs))}, {len(runs)} runs)"
        if at_most is not None or at_least is not None:
            words, wanted = ("at most", at_most) if at_most is not None else ("at least", at_least)
            figure["goal"] = {words: wanted}
            figure["met"] = value <= wanted if at_most is not None else value >= wanted
            text += f"; goal: {words} {number(wanted)}, {'met' if figure['met'] else 'MISSED'}"
        if note:
            figure["note"] = note
            text += f"; {note}"
        self.figures.append(figure)
        print(text, flush=True)

    def write(self, path):
        if path:
            with open(path, "w", encoding="utf-8") as file:
                json.dump({"benchmark": self.benchmark, "command": " ".join(sys.argv), "figures": self.figures}, file, indent=2,
                          ensure_ascii=False)
                file.write("\n")
