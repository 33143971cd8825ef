"""Databases of tests that are about something else than how long is waited."""

import pytest

from bot.store.database import StoreConfig
from tests.waiting import PATIENCE


@pytest.fixture
def store_config(store_config: StoreConfig) -> StoreConfig:
    """Many at once wait for each other, however slow the disk is."""
    return store_config.model_copy(update={"patience": PATIENCE})
