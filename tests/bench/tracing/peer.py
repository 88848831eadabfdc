"""pyBKT, asked turn by turn: one process, one thread, as long as the bench runs."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from opening.peers import interpreter

from edukit.analytics.knowledge_tracing import PARAMETERS

if TYPE_CHECKING:
    from collections.abc import Iterator

PINS = {"setuptools": "80.9.0", "numpy": "2.2.6", "pandas": "2.3.3", "scikit-learn": "1.5.2", "pyBKT": "1.4.3"}
SCRIPT = Path(__file__).with_name("pybkt_fit.py")
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@dataclass(frozen=True)
class PyBKT:
    """Its process, and the folder that files pass through."""

    process: subprocess.Popen[str]
    folder: Path

    def fit(self, data: Path, *, starts: int, forgetting: bool, seed: int, predict: bool = False) -> Fit:
        """Its seconds and parameters on a tidy file, and its predictions for the file's rows."""
        predictions = self.folder / "predictions.npy"
        request = {"data": str(data), "predictions": str(predictions) if predict else ""}
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(
            json.dumps({**request, "starts": starts, "forgetting": forgetting, "seed": seed}) + "\n"
        )
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("pyBKT's process has ended; what it said is above.")
        answer = json.loads(line)
        parameters = pd.DataFrame.from_dict(answer["parameters"], orient="index")[list(PARAMETERS)]
        parameters.insert(0, "concept_id", parameters.index.astype("int64"))
        predicted = np.load(predictions) if predict else np.empty(0)
        return Fit(answer["seconds"], parameters.sort_values("concept_id", ignore_index=True), predicted)


@dataclass(frozen=True)
class Fit:
    """What a fit took and gave."""

    seconds: float
    parameters: pd.DataFrame
    predicted: np.ndarray


@contextlib.contextmanager
def pybkt(environments: Path, folder: Path) -> Iterator[PyBKT]:
    """Start it, with its C++ extension: built from source where it is not there yet."""
    python = interpreter(environments, PINS, from_source=("pyBKT",))
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | ONE_THREAD
    with subprocess.Popen(
        [python, SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            yield PyBKT(process, folder)
        finally:
            process.terminate()
