"""pyBKT's side, in its own environment: fits that are asked for on standard input, one object of JSON a line."""

from __future__ import annotations

import contextlib
import json
import sys
import time

import numpy as np
import pandas as pd
from pyBKT.fit import E_step, predict_onestep_states
from pyBKT.models import Model

NAMES = {"prior": "prior", "learn": "learns", "forget": "forgets", "guess": "guesses", "slip": "slips"}


def main() -> None:
    """Answer each request with seconds, and parameters by skill."""
    for part in (E_step, predict_onestep_states):
        # Where its compiler fails, its setup installs pure Python and says nothing.
        if not part.__file__.endswith((".so", ".pyd")):
            sys.exit(
                f"{part.__name__} is not compiled: {part.__file__}. Install a C++ compiler, remove this environment."
            )
    for line in sys.stdin:
        request = json.loads(line)
        with contextlib.redirect_stdout(sys.stderr):
            answer = fitted(**request)
        print(json.dumps(answer), flush=True)


def fitted(data: str, predictions: str, *, starts: int, forgetting: bool, seed: int) -> dict[str, object]:
    """From a frame to parameters, timed; what it predicts of the same frame goes into a file."""
    frame = pd.read_csv(data, sep="\t")
    asked = pd.DataFrame(
        {
            "order_id": np.arange(len(frame)),
            "user_id": frame["user_id"],
            "skill_name": frame["skill_id"],
            "correct": frame["correct"],
        }
    )
    copy = asked.copy()
    begun = time.perf_counter()
    # One thread: `parallel` sets OpenMP's number of threads.
    model = Model(seed=seed, num_fits=starts, parallel=False)
    model.fit(data=copy, forgets=forgetting)
    coefficients = model.coef_
    seconds = time.perf_counter() - begun
    if predictions:
        predicted = model.predict(data=asked.copy())
        np.save(predictions, predicted["correct_predictions"].sort_index().to_numpy())
    parameters = {
        skill: {ours: float(np.ravel(of[theirs])[0]) for ours, theirs in NAMES.items()}
        for skill, of in coefficients.items()
    }
    return {"seconds": seconds, "parameters": parameters}


if __name__ == "__main__":
    main()
