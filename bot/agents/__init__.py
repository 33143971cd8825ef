"""Adapters: each speaks one agent server's protocol and implements `core.ports.Connector`."""
