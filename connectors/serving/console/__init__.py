"""The console: pages for the call centre, the manager and operations, in plain ES modules without a build step."""

from connectors.serving.console.site import ConsoleConfig, ConsoleSite

__all__ = ["ConsoleConfig", "ConsoleSite"]
