"""Looking inside: what happens in a network, before, while and after it is trained.

``Probe`` runs samples through a network and looks at every node; ``Watch`` keeps snapshots while ``fit`` trains;
``evaluate_samples`` says sample by sample how good a trained network is; ``Plane`` draws decisions as a map;
``Explainer`` says which pixels, columns or characters a decision hangs on.
"""

from __future__ import annotations

from .evaluation import Evaluation, evaluate_samples
from .histograms import Histogram, histogram
from .pictures import Picture, kernels, picture
from .plane import Boundary, Plane, PlaneInfo
from .probe import NodeView, Probe
from .saliency import Explainer
from .snapshots import Snapshot, SnapshotFolder, WeightView
from .watch import Watch

__all__ = [
    "Boundary",
    "Evaluation",
    "Explainer",
    "Histogram",
    "NodeView",
    "Picture",
    "Plane",
    "PlaneInfo",
    "Probe",
    "Snapshot",
    "SnapshotFolder",
    "Watch",
    "WeightView",
    "evaluate_samples",
    "histogram",
    "kernels",
    "picture",
]
