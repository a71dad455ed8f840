"""How the demonstration is called, and what its verdict is to the shell."""

from __future__ import annotations

import pytest

from codeintel.cli import main
from codeintel.demo import play
from codeintel.demo.verdict import Verdict


@pytest.mark.parametrize("scale", ["-1", "0", "nan", "inf", "much", "11"])
def test_a_scale_that_cannot_be_is_one_line_and_status_2(
    scale: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DEMO_SCALE", scale)
    assert main(["demo"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "DEMO_SCALE" in err


@pytest.mark.parametrize(
    ("verdict", "status"),
    [
        (Verdict(requests=9, failed=0, wrong=0, lost=0, doubled=0), 0),
        (Verdict(requests=9, failed=1, wrong=0, lost=0, doubled=0), 1),
        (Verdict(requests=9, failed=0, wrong=0, lost=1, doubled=0), 1),
    ],
)
def test_the_verdict_is_the_exit_status(
    monkeypatch: pytest.MonkeyPatch, verdict: Verdict, status: int
) -> None:
    monkeypatch.setattr(play, "play", lambda *_, **__: verdict)
    assert main(["demo"]) == status
