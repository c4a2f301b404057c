"""What `assay train` sets before torch is loaded."""

import os

import pytest

from assay.training.launch import _rest_idle_threads

SETTINGS = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")


@pytest.fixture(autouse=True)
def unset(monkeypatch):
    for name in SETTINGS:
        monkeypatch.setenv(name, "")  # so that it is put back as it was
        monkeypatch.delenv(name)


def test_idle_threads_of_torch_sleep_soon():
    _rest_idle_threads()
    assert [os.environ[name] for name in SETTINGS] == ["PASSIVE", "10000"]


def test_what_the_user_says_about_idle_threads_stays(monkeypatch):
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    _rest_idle_threads()
    assert [os.environ.get(name) for name in SETTINGS] == ["ACTIVE", None]


def test_a_spin_count_of_the_users_stays(monkeypatch):
    monkeypatch.setenv("GOMP_SPINCOUNT", "0")
    _rest_idle_threads()
    assert [os.environ[name] for name in SETTINGS] == ["PASSIVE", "0"]
