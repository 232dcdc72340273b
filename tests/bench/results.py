# SPDX-License-Identifier: GPL-2.0-only
"""What a run of the benchmark printed, as objects."""

import csv
import os

HERE = os.path.dirname(os.path.abspath(__file__))
BEGIN = "=== BEGIN winsync bench ==="
END = "=== END winsync bench ==="
PEERS = ["winsync", "ntsync", "front", "eventfd", "timerfd", "futex", "sem_t", "pthread", "unix",
         "plain"]


class Incomplete(Exception):
    """The output holds no complete run."""


class Measurement:
    def __init__(self, record):
        self.row = record["row"]
        self.param = int(record["param"])
        self.peer = record["peer"]
        self.metric = record["metric"]
        self.unit = record["unit"]
        for name in ("median", "q1", "q3", "min", "max"):
            setattr(self, name, float(record[name]))
        self.ratio = tuple(float(record[name]) for name in ("ratio", "ratio_q1", "ratio_q3")) \
            if record["ratio"] else None

    @property
    def key(self):
        return self.row, self.param, self.metric


class Results:
    def __init__(self, lines):
        lines = [line.rstrip("\r\n") for line in lines]
        try:
            begin = lines.index(BEGIN)
            end = lines.index(END, begin)
        except ValueError:
            raise Incomplete("the output has no complete result") from None
        body = lines[begin + 1:end]
        self.notes = [line[2:] for line in body if line.startswith("# ")]
        self.measurements = [Measurement(record) for record in
                             csv.DictReader(line for line in body if not line.startswith("#"))]
        self.by_key = {}
        for m in self.measurements:
            self.by_key.setdefault(m.key, {})[m.peer] = m

    @property
    def unit(self):
        return "insn" if any("unit=insn" in note for note in self.notes) else "ns"

    def find(self, row, param, peer, metric="time"):
        return self.by_key.get((row, param, metric), {}).get(peer)


def load(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return Results(file)


class Target:
    """The value of one measurement divided by that of another, and a limit."""

    def __init__(self, record):
        self.text = record["text"]
        self.over = (record["row"], int(record["param"]), record["peer"])
        self.under = (record["base_row"] or record["row"],
                      int(record["base_param"] or record["param"]),
                      record["base_peer"] or record["peer"])
        self.at_most = record["relation"] == "<="
        self.limit = float(record["limit"])

    def judge(self, results):
        """Returns (ratio, low, high, met), or None if it was not measured."""
        a, b = results.find(*self.over), results.find(*self.under)
        if not a or not b or not b.median:
            return None
        if a.peer == "winsync" and a.key == b.key and b.ratio and b.peer != "front":
            ratio, low, high = b.ratio
        elif a.peer == "front" and a.key == b.key and a.ratio and b.peer == "ntsync":
            ratio, low, high = a.ratio
        else:
            ratio, low, high = a.median / b.median, a.q1 / b.q3, a.q3 / b.q1
        return ratio, low, high, ratio <= self.limit if self.at_most else ratio >= self.limit


def targets():
    with open(os.path.join(HERE, "targets.csv"), encoding="utf-8") as file:
        return [Target(record) for record in
                csv.DictReader(line for line in file if not line.startswith("#"))]
