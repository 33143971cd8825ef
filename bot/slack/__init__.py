"""Slack: what people do comes in through `listeners`, what they see goes out through `surface`."""
