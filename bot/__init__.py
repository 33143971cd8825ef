"""Threadline: AI agent sessions in Slack threads."""
