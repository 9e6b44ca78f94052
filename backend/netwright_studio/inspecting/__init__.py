"""Looking inside runs and models: snapshots, activations, evaluations, latent space."""

from __future__ import annotations

from netwright_studio.inspecting.subject import Subject, Subjects

__all__ = ["Subject", "Subjects"]
