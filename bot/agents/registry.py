"""Which agents can be configured, and what stands behind each."""

from __future__ import annotations

from bot.agents.demo.connector import DemoConfig, DemoConnector
from bot.core.ports import Connector

AgentConfig = DemoConfig
"""The configuration of any agent, told apart by `kind`."""


def build(config: AgentConfig) -> Connector:
    """The connector for a configuration; enter it before use."""
    match config:
        case DemoConfig():
            return DemoConnector(config)
