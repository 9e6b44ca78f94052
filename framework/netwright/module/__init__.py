"""Training symbols by batches (MXNet's ``mx.mod``)."""

from __future__ import annotations

from .base import BaseModule
from .bucketing import BucketingModule
from .module import Module

__all__ = ["BaseModule", "BucketingModule", "Module"]
