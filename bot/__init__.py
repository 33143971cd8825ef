"""Threadline: AI agent sessions in Slack threads."""

__version__ = "0.1.0"
