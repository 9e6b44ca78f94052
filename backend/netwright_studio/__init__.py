"""The Netwright studio service: REST and WebSocket on top of the framework."""

from netwright._version import __version__

__all__ = ["__version__"]
