"""The authority of a school on a day, from the table of authorities in services/shared/geography.

The table is read as data; the rule of analytics/README.md is written a second time here.
"""
import re
from datetime import date
from pathlib import Path

TABLE = Path(__file__).resolve().parents[2] / "services/shared/geography/src/authorities.rs"
# Before this day there were no nine-character codes: an authority with it is older.
CODES_FIRST_DAY = "2009-01-01"


class Authorities:
    """All authorities, by three-digit code."""

    def __init__(self, regions):
        """`regions` are the codes of the regions, in order."""
        self.rows, self.successors = {}, {}
        for row in re.finditer(r'^    la!\("(\d{3})", "(.+?)", (\d), (.+)\),$', TABLE.read_text(encoding="utf-8"), re.M):
            old, name, region, rest = row.groups()
            codes = re.findall(r'\["(E\d{8})", "([\d-]+)", "([\d-]*)"\]', rest) or [(rest.strip('"'), CODES_FIRST_DAY, "")]
            predecessors = re.findall(r'"(\d{3})"', rest.partition("from")[2])
            self.rows[old] = (regions[int(region) - 1], name, codes, predecessors)
            for predecessor in predecessors:
                self.successors.setdefault(predecessor, []).append(old)
        if len(self.rows) < 150:
            raise ValueError(f"{TABLE} has {len(self.rows)} readable rows")

    def of_day(self, old, day, schools_count):
        """(region, three-digit code, nine-character code, name) of an authority's schools on a day; None for a code that the table does not have."""
        if old not in self.rows:
            return None
        old = self._code(old, day, schools_count)
        region, name, codes, _ = self.rows[old]
        begun = [code for code, first, _ in codes if date.fromisoformat(first) <= day]
        return region, old, begun[-1] if begun else codes[0][0], name

    def _code(self, old, day, schools_count):
        _, _, codes, predecessors = self.rows[old]
        first, last = codes[0][1], codes[-1][2]
        if first != CODES_FIRST_DAY and date.fromisoformat(first) > day:
            # It had not begun: its schools lay in the one that was split into it and others.
            is_part = len(predecessors) == 1 and self._is_split(predecessors[0])
            return self._code(predecessors[0], day, schools_count) if is_part else old
        ended = last and date.fromisoformat(last) < day
        if old in self.successors and (ended or not self._is_split(old)):
            largest = min(self.successors[old], key=lambda code: (-schools_count[code], code))
            return self._code(largest, day, schools_count)
        return old

    def _is_split(self, old):
        """Whether each that took over from it has no other predecessor, so that all of their schools came from it."""
        return all(len(self.rows[code][3]) == 1 for code in self.successors.get(old, []))
