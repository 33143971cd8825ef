"""Which agents can be configured, and what stands behind each."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bot.agents.agent_webkit.connector import AgentWebkitConfig, AgentWebkitConnector
from bot.agents.claude.connector import ClaudeConfig, ClaudeConnector
from bot.agents.demo.connector import DemoConfig, DemoConnector
from bot.core.ports import Connector

AgentConfig = Annotated[DemoConfig | AgentWebkitConfig | ClaudeConfig, Field(discriminator="kind")]
"""The configuration of any agent, told apart by `kind`."""


def build(config: AgentConfig) -> Connector:
    """The connector for a configuration; enter it before use."""
    match config:
        case DemoConfig():
            return DemoConnector(config)
        case AgentWebkitConfig():
            return AgentWebkitConnector(config)
        case ClaudeConfig():
            return ClaudeConnector(config)
