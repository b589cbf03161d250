"""Which grade the facts point to. Predicted only: a person declares, with a reason.

Rule set P2014 (national plan of 2014, appendix 1), the part that geography decides: an effect across a provincial line points
to II, across a prefecture's to III. What people, losses and intakes decide comes with the full rule sets. Pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from emergency.agreements.values import Grade
from emergency.jurisdictions.values import Divisions
from emergency.words import Words

RULE_SET = "P2014"


@dataclass(frozen=True, slots=True)
class Prediction:
    """A grade and why."""

    grade: Grade
    reason: Words


def predicted(lead: str, reached: Iterable[str], divisions: Divisions) -> Prediction:
    """The grade that the reached divisions point to, should they really be affected."""
    codes = list(reached)
    home = divisions.province_of(lead)
    if abroad := next((code for code in codes if divisions.province_of(code) != home), None):
        return Prediction(Grade.II, _across(abroad, divisions, "跨省级", "across a provincial line"))
    desk = divisions.prefecture_of(lead) or lead
    if beyond := next((code for code in codes if (divisions.prefecture_of(code) or code) != desk), None):
        return Prediction(Grade.III, _across(beyond, divisions, "跨设区的市级", "across a prefecture's line"))
    return Prediction(Grade.IV, Words("影响未出本市州", "no effect beyond the prefecture"))


def _across(code: str, divisions: Divisions, zh: str, en: str) -> Words:
    name = divisions.name(code)
    return Words(f"可能{zh}影响（{name.zh}）", f"may have an effect {en} ({name.en})")
