"""The collector of cycles rests while a cohort is derived, and is left as it was."""

from __future__ import annotations

import gc

import pytest

from sequela.clinical.collector import paused_collector


@pytest.fixture
def collecting():
    was_on = gc.isenabled()
    gc.enable()
    yield
    if not was_on:
        gc.disable()


@pytest.mark.usefixtures("collecting")
def test_it_rests_and_goes_on():
    with paused_collector():
        assert not gc.isenabled()
    assert gc.isenabled()


@pytest.mark.usefixtures("collecting")
def test_it_goes_on_after_an_error():
    with pytest.raises(KeyError), paused_collector():
        raise KeyError
    assert gc.isenabled()


@pytest.mark.usefixtures("collecting")
def test_who_had_switched_it_off_finds_it_off():
    gc.disable()
    with paused_collector():
        pass
    assert not gc.isenabled()
