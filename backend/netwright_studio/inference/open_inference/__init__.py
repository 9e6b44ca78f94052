"""The Open Inference Protocol v2 (HTTP/REST with the binary tensor extension) as a bare ASGI app."""

from __future__ import annotations

from netwright_studio.inference.open_inference.app import OpenInferenceApp

__all__ = ["OpenInferenceApp"]
