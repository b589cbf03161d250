"""Times are taken in turns, and their middle and tail are what they should be."""

import pytest

from benchmarks.timing import Times, in_turns, verdict


def test_everything_takes_its_turn_in_every_round() -> None:
    done: list[str] = []
    rounds = [
        {name: lambda name=name: done.append(name) for name in names} for names in (("a", "b"), ("a",), ("a", "b"))
    ]
    taken = in_turns(rounds)
    assert done == ["a", "b", "a", "a", "b"]
    assert (len(taken["a"].each_ms), len(taken["b"].each_ms)) == (3, 2)


def test_median_and_tail() -> None:
    times = Times([float(each) for each in range(1, 101)])
    assert times.median_ms == 50.5
    assert times.p95_ms == 96.0


@pytest.mark.parametrize(("ratio", "said"), [(9.9, "met"), (10.0, "met"), (10.1, "NOT met")])
def test_a_promise_is_kept_up_to_its_number(ratio: float, said: str) -> None:
    assert verdict(ratio, 10.0) == said
